// Elastic bands: neb.x, BAND of CP2K, and the images of VASP.
#include <algorithm>
#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "output_detail.hpp"

namespace nacre::dft::detail {

void set_barrier(Facts& facts) {
  auto const& energies = facts.result.image_energies_eV;
  if (energies.size() < 3) return facts.damaged("fewer than three images");
  auto const highest = *std::max_element(energies.begin(), energies.end());
  facts.result.barrier_eV = highest - energies.front();
  facts.result.energy_eV = highest;
}

/// Each iteration prints "activation energy (->) = x eV" and a row "  2   -213.9   0.04   F" for each image.
Facts read_qe_neb(std::string_view text) {
  Lines const lines(text);
  Facts facts;
  facts.band = true;
  facts.stop = read_qe(text).stop;
  facts.starts = lines.count("Program NEB");
  if (facts.starts == 0) return facts;
  facts.result.code_version = trim(printable(lines[lines.find("Program NEB")]));
  for (std::size_t i = 0; i < lines.size(); ++i)
    if (trim(lines[i]) == "JOB DONE." && trim(lines[i + 1]) == "=" + std::string(78, '-') + "=") ++facts.ends;
  facts.result.ionic_steps = lines.count("iteration  ");
  facts.relaxed = lines.find("neb: convergence achieved") < lines.size();
  facts.last_scf_converged = facts.relaxed;
  if (lines.find("reached the maximum number of steps") < lines.size() && facts.stop.fine())
    facts.stop = {Failure::ions_not_converged, "neb: reached the maximum number of steps"};
  auto table = lines.size();
  std::optional<double> printed;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines.has(i, "image        energy (eV)")) table = i;
    if (lines.has(i, "activation energy (->)")) printed = number_after(lines[i], "activation energy (->)");
  }
  for (auto i = table + 1; i < lines.size(); ++i) {
    auto const words = split_words(lines[i]);
    if (words.empty()) {
      if (facts.result.image_energies_eV.empty()) continue;
      break;
    }
    auto const energy = words.size() == 4 ? parse_double(words[1]) : std::nullopt;
    if (!energy || parse_integer(words[0]) != static_cast<std::int64_t>(facts.result.image_energies_eV.size()) + 1) {
      facts.damaged("the table of images is incomplete");
      return facts;
    }
    facts.result.image_energies_eV.push_back(*energy);
  }
  set_barrier(facts);
  if (facts.result.barrier_eV && (!printed || std::abs(*printed - *facts.result.barrier_eV) > 2e-6))
    facts.damaged("the activation energy is not that of the images");
  return facts;
}

Result read_vasp_band(Job const& job, std::filesystem::path const& folder, Ending const& ending) {
  Facts band;
  band.band = true;
  bool converged = true;
  for (int i = 0; i <= job.settings.neb_images + 1; ++i) {
    auto const path = folder / concat(i < 10 ? "0" : "", i) / "OUTCAR";
    bool const end = i == 0 || i == job.settings.neb_images + 1;
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(path, ignored)) {
      // VASP computes the images only: the energies of the ends come from their own single points.
      if (!end) band.damaged(concat("no OUTCAR of image ", i));
      continue;
    }
    auto const text = read_file(path);
    auto const facts = read_vasp(text);
    auto const verdict = judge_code(facts, text, ending);
    if (!verdict.fine()) {
      Result failed;
      failed.code = {verdict.failure, concat("image ", i, ": ", verdict.reason)};
      failed.code_version = facts.result.code_version;
      return failed;
    }
    converged &= end || facts.relaxed;
    band.result.code_version = facts.result.code_version;
    band.result.image_energies_eV.push_back(*facts.result.energy_eV);
  }
  set_barrier(band);
  auto result = band.result;
  if (!band.damage.empty())
    result.code = {Failure::damaged, band.damage};
  else if (!converged)
    result.code = {Failure::ions_not_converged, "nothing says that the band converged"};
  return result;
}

}  // namespace nacre::dft::detail
