#include "nacre/core/shared_library.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"

#ifdef __SSE__
#include <xmmintrin.h>
#endif

namespace nacre {
namespace {

#ifdef __SSE__
unsigned rounding_mode() { return _mm_getcsr(); }
void set_rounding_mode(unsigned mode) { _mm_setcsr(mode); }
bool flushes_denormals(unsigned mode) { return (mode & 0x8040u) != 0; }  // flush-to-zero, denormals-are-zero
#elif defined(__aarch64__)
unsigned long rounding_mode() { return __builtin_aarch64_get_fpcr(); }
void set_rounding_mode(unsigned long mode) { __builtin_aarch64_set_fpcr(static_cast<unsigned>(mode)); }
bool flushes_denormals(unsigned long mode) { return (mode & (1ul << 24)) != 0; }
#else
#error "teach this file how this processor is told to flush denormals"
#endif

std::filesystem::path library_folder() {
  Dl_info info{};
  if (dladdr(reinterpret_cast<void const*>(&plugin_folders), &info) == 0 || !info.dli_fname) return {};
  std::error_code ignored;
  return std::filesystem::weakly_canonical(info.dli_fname, ignored).parent_path();
}

}  // namespace

std::vector<std::filesystem::path> plugin_folders(std::vector<std::filesystem::path> const& extra) {
  std::vector<std::filesystem::path> folders;
  auto const add = [&](std::filesystem::path const& folder) {
    if (!folder.empty() && std::ranges::find(folders, folder) == folders.end()) folders.push_back(folder);
  };
  for (auto const& folder : extra) add(folder.lexically_normal());
  if (auto const* path = std::getenv("NACRE_PLUGIN_PATH")) {
    for (auto const& folder : split(path, ':')) add(std::filesystem::path(folder).lexically_normal());
  }
  if (auto const beside = library_folder(); !beside.empty()) add(beside / "nacre");
  return folders;
}

void* open_plugin(std::filesystem::path const& path) {
  // dlopen takes a name without a slash for something to look up in the system's folders.
  auto const file = std::filesystem::absolute(path).string();
  auto const before = rounding_mode();
  void* const library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  std::string const problem = library ? std::string() : dlerror();
  auto const after = rounding_mode();
  set_rounding_mode(before);
  require(library != nullptr, "cannot load plug-in '", path.string(), "' (", problem, ")");
  require(!flushes_denormals(after) || flushes_denormals(before), "cannot use plug-in '", path.string(),
          "' (loading it switched flush-to-zero on, which changes everybody's results); link it without -ffast-math");
  return library;
}

void* find_symbol(void* library, std::string const& name) { return dlsym(library, name.c_str()); }

}  // namespace nacre
