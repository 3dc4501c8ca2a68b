#include "nacre/core/isa.hpp"

#include <array>
#include <cstdlib>
#include <string>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"

namespace nacre {
namespace {

bool has(Isa isa) {
  switch (isa) {
    case Isa::avx512:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
             __builtin_cpu_supports("avx512vl");
    case Isa::avx2:
      return __builtin_cpu_supports("avx2");
    default:
      return true;
  }
}

Isa choose() {
  constexpr std::array all{Isa::avx512, Isa::avx2, Isa::generic};
  if (auto const* wanted = std::getenv("NACRE_ISA"); wanted != nullptr && *wanted != '\0') {
    std::vector<std::string> words;
    for (auto const isa : all) {
      if (to_string(isa) == wanted) {
        require(has(isa), "cannot use NACRE_ISA='", wanted, "' (this processor does not have it)");
        return isa;
      }
      words.emplace_back(to_string(isa));
    }
    input_error("unknown instruction set NACRE_ISA='", wanted, "'", did_you_mean(wanted, words));
  }
  for (auto const isa : all) {
    if (has(isa)) return isa;
  }
  return Isa::generic;
}

}  // namespace

std::string_view to_string(Isa isa) { return isa == Isa::avx512 ? "avx512" : isa == Isa::avx2 ? "avx2" : "generic"; }

Isa selected_isa() {
  static Isa const isa = choose();
  return isa;
}

}  // namespace nacre
