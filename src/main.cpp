#include "nacre/cli/command.hpp"

int main(int argc, char** argv) { return nacre::run_program(argc, argv); }
