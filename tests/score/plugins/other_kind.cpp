// Exports what plug-ins that bring interatomic potentials export.
extern "C" __attribute__((visibility("default"))) void const* nacre_potential_entry() { return nullptr; }
