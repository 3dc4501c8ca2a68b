#include <array>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/potential/model_plugin.hpp"
#include "nacre/potential/potential.hpp"
#include "nacre/potential/rigid_ion.hpp"

namespace nacre {

std::shared_ptr<Potential const> make_potential(std::string const& model, PotentialOptions const& options) {
  auto const colon = model.find(':');
  std::string const kind = model.substr(0, colon), rest = colon == std::string::npos ? "" : model.substr(colon + 1);
  std::array<std::string, 2> const kinds{"rigid-ion", "torchscript"};
  if (kind != kinds[0] && kind != kinds[1]) {
    input_error("unknown kind of model '", kind, "' in '", model, "' (rigid-ion:SET or torchscript:PATH)",
                did_you_mean(kind, kinds));
  }
  if (kind == "rigid-ion") {
    require(!rest.empty(), "the model '", model,
            "' names no set (rigid-ion:SET); sets: ", join(rigid_ion_sets(), ", "));
    return make_rigid_ion(read_rigid_ion_set(rest), options, model);
  }
  require(!rest.empty(), "the model '", model, "' names no file (torchscript:PATH)");
  auto const library = find_model_plugin();
  require(!library.empty(), "cannot evaluate '", model,
          "' (the plug-in 'mlip.so' is not there): install libtorch-dev and ",
          "libopenblas0-pthread, and build Nacre with NACRE_WITH_TORCH=ON");
  return load_model(library, rest, options);
}

}  // namespace nacre
