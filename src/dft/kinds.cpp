#include "nacre/dft/kinds.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "deck_detail.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/elements.hpp"

namespace nacre::dft {
namespace {

void check_image(Crystal const& first, Crystal const& image, char const* which) {
  require(image.numbers == first.numbers, "the ", which, " image of a hop has other atoms than the first (",
          formula(image), " and ", formula(first), "; the order counts)");
  require((image.lattice - first.lattice).cwiseAbs().maxCoeff() < 1e-6, "the ", which,
          " image of a hop has another cell than the first");
}

/// A d or f shell that an electron left over would go into.
bool can_be_reduced(Crystal const& crystal) {
  for (std::size_t i = 0; i < crystal.size(); ++i) {
    auto const shell = detail::outer_shell(crystal.numbers[i]).back();
    bool const cation = crystal.oxidation.empty() || crystal.oxidation[i] > 0.0;
    if (cation && (shell == 'd' || shell == 'f')) return true;
  }
  return false;
}

/// Charge, and spin that lets a reduced cation show itself.
Job hop_job(Job const& settings, Crystal const& image, std::string const& label) {
  auto job = settings;
  job.kind = Kind::single_point;
  job.images.clear();
  job.frozen.clear();
  job.structure = image;
  job.label = label;
  if (!image.oxidation.empty()) {
    auto const cell = cell_charge(image);
    job.charge = cell.charge;
    job.unpaired_electrons = cell.unpaired_electrons;
  }
  if (job.settings.spin == "auto" && can_be_reduced(image)) job.settings.spin = "on";
  return job;
}

}  // namespace

Job static_after(Job const& relaxation, Result const& result) {
  require(relaxation.kind == Kind::relax && result.done() && result.relaxed.has_value(),
          "no static calculation after '", relaxation.label, "' (the relaxation is not done)");
  auto job = relaxation;
  job.kind = Kind::single_point;
  job.frozen.clear();
  job.structure = *result.relaxed;
  job.adjustments = {};
  auto& settings = job.settings;
  if (settings.static_kpoint_density > 0.0) settings.kpoint_density = settings.static_kpoint_density;
  job.label = relaxation.label.empty() ? "static" : relaxation.label + ", static";
  return job;
}

std::array<Job, 3> hop_jobs(Job const& settings, Crystal const& initial, Crystal const& saddle,
                            Crystal const& final_image) {
  check_image(initial, saddle, "saddle");
  check_image(initial, final_image, "final");
  auto const name = settings.label.empty() ? std::string("hop") : settings.label;
  return {hop_job(settings, initial, name + ", initial"), hop_job(settings, saddle, name + ", saddle"),
          hop_job(settings, final_image, name + ", final")};
}

Job neb_job(Job const& settings, Crystal const& initial, Crystal const& saddle, Crystal const& final_image) {
  auto job = hop_jobs(settings, initial, saddle, final_image)[0];
  job.kind = Kind::neb;
  job.images = {saddle, final_image};
  job.label = settings.label.empty() ? "hop, band" : settings.label + ", band";
  return job;
}

CellCharge cell_charge(Crystal const& crystal) {
  require(!crystal.oxidation.empty(), "no oxidation states of ", formula(crystal),
          " (they give the charge of the cell)");
  double const sum = std::accumulate(crystal.oxidation.begin(), crystal.oxidation.end(), 0.0);
  CellCharge cell;
  cell.charge = std::abs(sum) < 1e-6 ? 0.0 : std::round(sum * 1e9) / 1e9;
  double unpaired = 0.0;
  for (std::size_t i = 0; i < crystal.size(); ++i)
    unpaired += detail::hund_moment(crystal.numbers[i], crystal.oxidation[i]);
  cell.unpaired_electrons = static_cast<int>(std::lround(unpaired));
  cell.reason = cell.charge == 0.0 ? "the formal charges add up to zero: no electron is added or taken"
                                   : concat("the formal charges add up to ", shortest(cell.charge),
                                            " e: the cell has that charge, and ", "closed shells keep their electrons");
  return cell;
}

std::string find_reduced(Job const& job, std::vector<double> const& moments) {
  auto const& crystal = job.structure;
  if (moments.size() != crystal.size() || crystal.oxidation.size() != crystal.size()) return {};
  constexpr double least = 0.5;  // of one electron in a d or f shell a good half is found inside an atom's sphere
  std::string list;
  for (std::size_t i = 0; i < moments.size(); ++i) {
    bool const closed = detail::hund_moment(crystal.numbers[i], crystal.oxidation[i]) == 0.0;
    if (crystal.oxidation[i] <= 0.0 || !closed || std::abs(moments[i]) < least) continue;
    list += concat(list.empty() ? "" : ", ", "atom ", i + 1, " (", symbol(crystal.numbers[i]),
                   shortest(crystal.oxidation[i]), "+) has a moment of ", significant(moments[i], 3));
  }
  return list;
}

}  // namespace nacre::dft
