/// What models in other programs share: the peer's process and log, the check of its answers, the identity.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "external_settings.hpp"
#include "nacre/core/child.hpp"
#include "nacre/core/error.hpp"
#include "nacre/potential/calibration.hpp"
#include "nacre/potential/potential.hpp"

namespace nacre::external {

/// A folder of our own in the system's folder for temporary files; removed with the object.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(ScratchFolder const&) = delete;
  ScratchFolder& operator=(ScratchFolder const&) = delete;
  std::filesystem::path const& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// What goes wrong with the peer is an Error, worded as a sentence about it ("closed the connection"); the peer is
/// ended and started anew for the next structure. One that refuses a structure is an InputError, and goes on.
class ExternalModel : public Potential, public KnowsBarriers {
 public:
  Evaluation evaluate(Crystal const& crystal) const final;
  std::string name() const final { return name_; }
  std::string identity() const final { return identity_; }
  bool concurrent() const final { return false; }
  double barrier_share(std::span<int const>) const final { return settings_.learned ? uncalibrated_share : 0.0; }
  double cutoff() const final { return settings_.cutoff.value_or(external::standard_cutoff); }
  std::vector<int> elements() const final;
  Value about() const final;

 protected:
  ExternalModel(std::string kind, std::string name, Settings settings);
  ~ExternalModel() override;
  /// Asks the peer about the probe structure and settles the identity: the last thing that a constructor does.
  void settle();

  /// Turns an Error about the peer into a message with its last words; the peer is ended.
  template <class Action>
  void attempt(Action const& action) const {
    try {
      action();
    } catch (InputError const&) {
      throw;
    } catch (Error const& error) {
      fail(error.what());
    }
  }
  // What the peer says of itself counts where the user states nothing. @throws Error for what cannot be
  void state_elements(std::vector<std::string> const& symbols) const;
  void state_cutoff(std::optional<double> cutoff) const;

  /// Energy, forces and, where the peer gives them, stress and energies of atoms. The peer runs, or is started.
  virtual Evaluation ask(Crystal const& crystal) const = 0;
  /// Closes the connection; the process ends next.
  virtual void part() const noexcept = 0;

  void start(std::vector<std::string> const& command, int socket = -1) const;
  void stop() const noexcept;
  bool has_child() const { return child_ != nullptr; }
  /// @throws Error if the child ended
  void check_child() const;
  std::filesystem::path const& scratch() const { return scratch_.path(); }

  mutable Settings settings_;
  mutable std::string greeting_;  ///< how the peer names itself; part of the identity

 private:
  [[noreturn]] void fail(std::string const& what) const;
  void check_elements(Crystal const& crystal) const;
  void check_answer(Evaluation const& evaluation, Crystal const& crystal) const;
  std::optional<Crystal> probe() const;
  double energy_of_probe(Crystal const& structure) const;
  void end_peer(double seconds) const noexcept;
  std::string ending() const;

  std::string kind_, name_, identity_;
  std::optional<double> probe_energy_;  ///< [eV], as it is hashed
  ScratchFolder scratch_;
  mutable std::unique_ptr<ChildProcess> child_;
  mutable std::mutex one_at_a_time_;
};

}  // namespace nacre::external
