// Jobs as JSON: every number reads back to the same bits.
#include <Eigen/Core>
#include <algorithm>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/dft/job.hpp"

namespace nacre::dft {
namespace {

// One list of members for writing and reading: `f(name, member)`.
template <class S, class F>
void for_each_setting(S& s, F&& f) {
  f("kpoint_density", s.kpoint_density);
  f("static_kpoint_density", s.static_kpoint_density);
  f("kpoint_origin", s.kpoint_origin);
  f("ecutwfc_Ry", s.ecutwfc_Ry);
  f("ecutrho_ratio", s.ecutrho_ratio);
  f("encut_eV", s.encut_eV);
  f("cp2k_cutoff_Ry", s.cp2k_cutoff_Ry);
  f("cp2k_rel_cutoff_Ry", s.cp2k_rel_cutoff_Ry);
  f("smearing", s.smearing);
  f("smearing_eV", s.smearing_eV);
  f("spin", s.spin);
  f("moments", s.moments);
  f("hubbard_u_eV", s.hubbard_u_eV);
  f("dispersion", s.dispersion);
  f("hubbard_form", s.hubbard_form);
  f("scf_threshold_eV", s.scf_threshold_eV);
  f("max_scf_steps", s.max_scf_steps);
  f("mixing", s.mixing);
  f("force_threshold", s.force_threshold);
  f("max_ionic_steps", s.max_ionic_steps);
  f("stop_fraction", s.stop_fraction);
  f("neb_images", s.neb_images);
  f("pseudo_dir", s.pseudo_dir);
  f("pseudopotentials", s.pseudopotentials);
  f("basis_sets", s.basis_sets);
  f("templates", s.templates);
  f("programs", s.programs);
  f("extra", s.extra);
}

template <class A, class F>
void for_each_adjustment(A& a, F&& f) {
  f("mixing_factor", a.mixing_factor);
  f("scf_steps_factor", a.scf_steps_factor);
  f("mixing_mode", a.mixing_mode);
  f("algorithm", a.algorithm);
  f("smearing_factor", a.smearing_factor);
  f("from_density", a.from_density);
  f("continue_run", a.continue_run);
}

Value written(double v) { return v; }
Value written(int v) { return v; }
Value written(bool v) { return v; }
Value written(std::string const& v) { return v; }
Value written(std::optional<double> const& v) { return v ? Value(*v) : Value(); }
template <class T>
Value written(std::map<std::string, T> const& table) {
  Value value = Value::object();
  for (auto const& [key, item] : table) value[key] = written(item);
  return value;
}

void read(Value const& value, double& v) { v = value.as_number(); }
void read(Value const& value, int& v) { v = static_cast<int>(value.as_integer()); }
void read(Value const& value, bool& v) { v = value.as_bool(); }
void read(Value const& value, std::string& v) { v = value.as_string(); }
void read(Value const& value, std::optional<double>& v) {
  v = value.is_null() ? std::nullopt : std::optional(value.as_number());
}
template <class T>
void read(Value const& value, std::map<std::string, T>& table) {
  table.clear();
  for (auto const& [key, item] : value.as_object()) read(item, table[key]);
}

auto writer(Value& value) {
  return [&value](char const* name, auto const& member) { value[name] = written(member); };
}
/// What the text leaves out keeps its default.
auto reader(Value const& value) {
  return [&value](char const* name, auto& member) {
    if (auto const* found = value.find(name)) read(*found, member);
  };
}

Value rows(Eigen::Matrix3Xd const& columns) {
  Value list = Value::array();
  for (Eigen::Index i = 0; i < columns.cols(); ++i)
    list.push_back(Value::Array{columns(0, i), columns(1, i), columns(2, i)});
  return list;
}

Eigen::Matrix3Xd columns(Value const& list) {
  Eigen::Matrix3Xd result(3, static_cast<Eigen::Index>(list.as_array().size()));
  Eigen::Index column = 0;
  for (auto const& entry : list.as_array()) {
    require(entry.as_array().size() == 3, "found ", entry.size(), " numbers where a vector has 3");
    for (Eigen::Index k = 0; k < 3; ++k) result(k, column) = entry.as_array()[static_cast<std::size_t>(k)].as_number();
    ++column;
  }
  return result;
}

Value crystal_value(Crystal const& crystal) {
  Value symbols = Value::array(), charges = Value::array();
  for (int const number : crystal.numbers) symbols.push_back(symbol(number));
  for (double const charge : crystal.oxidation) charges.push_back(charge);
  return Value::Object{{"lattice_A", rows(crystal.lattice)},
                       {"symbols", symbols},
                       {"positions_A", rows(crystal.positions)},
                       {"oxidation", charges},
                       {"name", crystal.name}};
}

Crystal crystal_from(Value const& value) {
  Crystal crystal;
  auto const lattice = columns(value.at("lattice_A"));
  require(lattice.cols() == 3, "found ", lattice.cols(), " lattice vectors (must be 3)");
  crystal.lattice = lattice;
  for (auto const& one : value.at("symbols").as_array())
    crystal.numbers.push_back(require_atomic_number(one.as_string(), "a job"));
  crystal.positions = columns(value.at("positions_A"));
  for (auto const& one : value.at("oxidation").as_array()) crystal.oxidation.push_back(one.as_number());
  crystal.name = value.at("name").as_string();
  check(crystal, "job");
  return crystal;
}

}  // namespace

Value to_value(Job const& job) {
  Value settings = Value::object(), adjustments = Value::object(), images = Value::array(), frozen = Value::array();
  for_each_setting(job.settings, writer(settings));
  for_each_adjustment(job.adjustments, writer(adjustments));
  for (auto const& image : job.images) images.push_back(crystal_value(image));
  for (bool const flag : job.frozen) frozen.push_back(flag);
  return Value::Object{{"code", to_string(job.code)},
                       {"level", to_string(job.level)},
                       {"kind", to_string(job.kind)},
                       {"label", job.label},
                       {"proxy", job.proxy},
                       {"vacuum", job.vacuum},
                       {"charge_e", job.charge},
                       {"unpaired_electrons", job.unpaired_electrons},
                       {"time_limit_s", job.time_limit_s},
                       {"structure", crystal_value(job.structure)},
                       {"images", images},
                       {"frozen", frozen},
                       {"settings", settings},
                       {"adjustments", adjustments}};
}

Job job_from(Value const& value) {
  Job job;
  job.code = code_from(value.at("code").as_string());
  job.level = level_from(value.at("level").as_string());
  job.kind = kind_from(value.at("kind").as_string());
  job.label = value.at("label").as_string();
  job.proxy = value.at("proxy").as_bool();
  job.vacuum = value.at("vacuum").as_bool();
  job.charge = value.at("charge_e").as_number();
  job.unpaired_electrons = static_cast<int>(value.at("unpaired_electrons").as_integer());
  job.time_limit_s = value.at("time_limit_s").as_number();
  job.structure = crystal_from(value.at("structure"));
  for (auto const& image : value.at("images").as_array()) job.images.push_back(crystal_from(image));
  for (auto const& flag : value.at("frozen").as_array()) job.frozen.push_back(flag.as_bool());
  for_each_setting(job.settings, reader(value.at("settings")));
  for_each_adjustment(job.adjustments, reader(value.at("adjustments")));
  return job;
}

}  // namespace nacre::dft
