/// Uses the library without its program: prints what it scores and where its plug-ins and the named data file lie.
#include <iostream>

#include "nacre/core/text.hpp"
#include "nacre/score/plugin.hpp"

int main(int argc, char** argv) {
  for (auto const& name : nacre::find_objectives()) std::cout << nacre::load_objective(name).path.string() << '\n';
  for (int i = 1; i < argc; ++i) std::cout << nacre::data_file(argv[i]).string() << '\n';
}
