#include "external_model.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <thread>

#include "nacre/core/error.hpp"
#include "nacre/core/ids.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/crystal/io.hpp"
#include "nacre/potential/neighbors.hpp"

namespace nacre::external {
namespace {

namespace fs = std::filesystem;

/// How long a peer that was told to leave may take, and again after SIGTERM; one that went wrong has less time [s].
constexpr double patience = 2.0, little_patience = 0.1;

/// Eight atoms on a cubic lattice 2.6 Å apart, displaced by up to 0.1 Å: the elements in turn, so that it is defined
/// for any of them and no force vanishes by symmetry.
Crystal standard_probe(std::vector<int> const& elements) {
  constexpr double spacing = 2.6;
  Crystal crystal;
  crystal.lattice = 2.0 * spacing * Eigen::Matrix3d::Identity();
  crystal.positions.resize(3, 8);
  for (int i = 0; i < 8; ++i) {
    Eigen::Vector3d const site(i % 2, i / 2 % 2, i / 4);
    Eigen::Vector3d const displacement(i * 3 % 8, i * 5 % 8, i * 7 % 8);
    crystal.positions.col(i) = spacing * site + 0.0125 * displacement;
    crystal.numbers.push_back(elements[static_cast<std::size_t>(i) % elements.size()]);
  }
  return crystal;
}

/// The last lines of what a peer printed, for a message.
std::string last_lines(fs::path const& log) {
  std::error_code ignored;
  if (!fs::exists(log, ignored)) return {};
  auto lines = split(printable(trim(read_file(log))), '\n');
  constexpr std::size_t most = 3;
  if (lines.size() > most) lines.erase(lines.begin(), lines.end() - most);
  return join(lines, " | ");
}

}  // namespace

ScratchFolder::ScratchFolder() {
  auto pattern = (fs::temp_directory_path() / "nacre-peer-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw Error(concat("cannot make a temporary folder '", pattern, "'"));
  path_ = pattern;
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

ExternalModel::ExternalModel(std::string kind, std::string name, Settings settings)
    : settings_(std::move(settings)), kind_(std::move(kind)), name_(std::move(name)) {}

ExternalModel::~ExternalModel() = default;

void ExternalModel::start(std::vector<std::string> const& command, int socket) const {
  child_ = std::make_unique<ChildProcess>(command, settings_.folder, scratch() / "log", socket);
}

void ExternalModel::stop() const noexcept { end_peer(patience); }

void ExternalModel::end_peer(double seconds) const noexcept {
  part();
  try {
    if (child_) child_->end(seconds);
  } catch (std::exception const&) {  // it cannot be waited for: nothing is left to end
  }
  child_.reset();
}

std::string ExternalModel::ending() const {
  if (!child_) return {};
  auto const status = child_->status();
  auto const said = last_lines(scratch() / "log");
  return concat(status ? concat("; it ended with status ", *status) : "",
                said.empty() ? "" : "; its last words: " + said);
}

void ExternalModel::check_child() const {
  if (child_ && child_->status()) throw Error("ended");
}

void ExternalModel::fail(std::string const& what) const {
  if (child_) {  // one that just closed its end is about to have a status
    for (int i = 0; i < 20 && what == "closed the connection" && !child_->status(); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  auto const message = concat("the program behind the model '", name_, "' ", what, ending());
  end_peer(little_patience);
  throw Error(message);
}

Evaluation ExternalModel::evaluate(Crystal const& crystal) const {
  check_elements(crystal);
  std::lock_guard const guard(one_at_a_time_);
  Evaluation evaluation;
  attempt([&] {
    evaluation = ask(crystal);
    check_answer(evaluation, crystal);
  });
  auto const& periodic = crystal.periodic;
  if (!settings_.stress || !(periodic[0] && periodic[1] && periodic[2])) evaluation.stress.reset();
  evaluation.edges = static_cast<std::int64_t>(find_neighbors(crystal, cutoff()).size());
  return evaluation;
}

void ExternalModel::check_elements(Crystal const& crystal) const {
  require(crystal.size() > 0, "cannot evaluate a structure without atoms in the model '", name_, "'");
  for (auto const z : crystal.numbers) {
    require(settings_.elements.empty() || std::ranges::binary_search(settings_.elements, z), "model '", name_,
            "' does not know the element '", symbol(z), "' (it states ", settings_.elements.size(), " elements)");
  }
}

void ExternalModel::check_answer(Evaluation const& evaluation, Crystal const& crystal) const {
  auto const atoms = static_cast<Eigen::Index>(crystal.size());
  if (evaluation.forces.cols() != atoms)
    throw Error(concat("gave forces of ", evaluation.forces.cols(), " atoms (", atoms, " were asked for)"));
  if (!std::isfinite(evaluation.energy)) throw Error("gave an energy that is no number");
  if (!evaluation.forces.allFinite()) throw Error("gave forces that are no numbers");
  if (settings_.stress && evaluation.stress && !evaluation.stress->allFinite())
    throw Error("gave a stress that is no number");
}

void ExternalModel::state_elements(std::vector<std::string> const& symbols) const {
  std::vector<int> elements;
  for (auto const& word : symbols) {
    auto const z = atomic_number(word);
    if (!z) throw Error(concat("says that it knows the element '", word, "', which is none"));
    elements.push_back(*z);
  }
  std::ranges::sort(elements);
  if (settings_.elements.empty()) settings_.elements = elements;
}

void ExternalModel::state_cutoff(std::optional<double> cutoff) const {
  if (!cutoff || !(*cutoff > 0.0 && *cutoff < 100.0)) throw Error("gives a cutoff that is out of range 0..100 A");
  if (!settings_.cutoff) settings_.cutoff = cutoff;
}

std::vector<int> ExternalModel::elements() const {
  if (!settings_.elements.empty()) return settings_.elements;
  std::vector<int> all(largest_atomic_number);
  for (int z = 1; z <= largest_atomic_number; ++z) all[static_cast<std::size_t>(z - 1)] = z;
  return all;
}

std::optional<Crystal> ExternalModel::probe() const {
  if (settings_.probe == "none") return std::nullopt;
  if (settings_.probe != "auto") return read_crystal(settings_.probe);
  bool const can_choose = kind_ == "exec" || !settings_.command.empty();
  if (settings_.elements.empty() || !can_choose) return std::nullopt;
  return standard_probe(settings_.elements);
}

double ExternalModel::energy_of_probe(Crystal const& structure) const {
  try {
    return evaluate(structure).energy;
  } catch (InputError const& error) {
    input_error(error.what(),
                "; this was the probe structure, whose energy is part of the identity: state another one, ",
                "probe = \"FILE\", or \"none\", in a settings file");
  }
}

void ExternalModel::settle() {
  Sha256 sum;
  sum.update("nacre.external/1").update(kind_).update(settings_.name).update(cutoff());
  for (std::size_t i = 0; i < settings_.command.size(); ++i) {
    auto const& word = settings_.command[i];
    auto const file = settings_.folder / word;
    std::error_code ignored;
    sum.update(i > 0 && fs::is_regular_file(file, ignored) ? sha256_file(file.string())
                                                           : word);  // the program by its name
  }
  for (auto const z : settings_.elements) sum.update(static_cast<std::uint64_t>(z));
  if (settings_.keeps_cell) sum.update("cell as given");
  if (auto const structure = probe()) {
    constexpr double grain = 1e-4;  // far above the noise of single precision, far below what another model gives
    auto const grains = std::llround(energy_of_probe(*structure) / grain);
    probe_energy_ = grain * static_cast<double>(grains);
    sum.update(static_cast<std::uint64_t>(grains));
  }
  if (!settings_.learned) sum.update("not learned");
  sum.update(greeting_);
  identity_ = sum.hex();
}

Value ExternalModel::about() const {
  auto value = Potential::about();
  value["kind"] = kind_;
  value["states"] = settings_.name.empty() ? Value() : Value(settings_.name);
  value["greeting"] = greeting_.empty() ? Value() : Value(greeting_);
  value["command"] = settings_.command.empty() ? Value() : Value(join(settings_.command, " "));
  value["probe_energy_eV"] = probe_energy_ ? Value(*probe_energy_) : Value();
  return value;
}

}  // namespace nacre::external
