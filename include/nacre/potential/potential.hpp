/// Energies, forces and stress of a configuration, from any model, behind one interface.
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/core/value.hpp"
#include "nacre/crystal/crystal.hpp"

namespace nacre {

/// What a model says of its own result: nothing, to be used, to be used and worth a better calculation, not to be used.
enum class Trust : std::uint8_t { unknown, go, save, stop };
NACRE_API std::string_view to_string(Trust trust);

struct NACRE_API Evaluation {
  double energy = 0.0;                          ///< [eV]
  Eigen::VectorXd atom_energies;                ///< [eV]; empty if the model has none
  Eigen::Matrix3Xd forces;                      ///< [eV/Å]
  std::optional<Eigen::Matrix3d> stress;        ///< (1/V) dE/dstrain, + = tension [eV/Å^3]; none without a 3-D cell
  std::int64_t edges = 0;                       ///< directed pairs within the cutoff: the unit of work
  /// Of a committee (committee.hpp); empty otherwise.
  Eigen::VectorXd member_energies;   ///< `energy` is their mean [eV]
  Eigen::VectorXd force_deviations;  ///< of each atom: sqrt(sum over members |F - mean|^2 / (n - 1)) [eV/Å]
  double grade = 0.0;                ///< of extrapolation (extrapolation.hpp): 1 ends what was learned from; 0: not known
  Trust trust = Trust::unknown;      ///< the worst that any guard says
  std::string warning;               ///< why, if it is save or stop

  void add_warning(std::string const& text);
};

/// What a model counts, so that a sum does not count it twice.
struct Contents {
  bool bonds = true;        ///< the whole energy of atoms in contact
  bool charges = false;     ///< Coulomb energy of ions farther apart than any cutoff
  bool dispersion = false;  ///< r^-6 attraction
  bool core = false;        ///< a repulsive core that outgrows everything else at short distances
  bool learned = false;     ///< fitted to energies of other structures: no charges, and right only near what it was fitted to
};

/// What models keep of one structure between evaluations (lists of neighbours with a skin). Empty at first; one for each
/// structure that moves step by step, used by one thread at a time. It saves time and never changes a bit of a result.
class NACRE_API EvaluationState {
 public:
  class NACRE_API Part {
   public:
    virtual ~Part();
  };
  EvaluationState();
  ~EvaluationState();
  EvaluationState(EvaluationState&&) noexcept;
  EvaluationState& operator=(EvaluationState&&) noexcept;

  /// What is kept, if it is a T; else a new T in its place. A part must check that it fits the structure and the model.
  template <class T>
  T& part() {
    auto* kept = dynamic_cast<T*>(part_.get());
    if (kept == nullptr) {
      auto made = std::make_unique<T>();
      kept = made.get();
      part_ = std::move(made);
    }
    return *kept;
  }

 private:
  std::unique_ptr<Part> part_;
};

/// One structure of several that were evaluated together.
struct NACRE_API BatchResult {
  Evaluation evaluation;
  std::string refusal;  ///< why the model does not cover this structure; empty if it does
};

class NACRE_API Potential {
 public:
  virtual ~Potential();
  /// @throws InputError for an element, charge state or cell that the model does not cover
  virtual Evaluation evaluate(Crystal const& crystal) const = 0;
  /// The same bits, sooner where `state` saw the structure a small step ago (relaxation, dynamics). Any crystal may
  /// follow any other; by default nothing is kept.
  virtual Evaluation evaluate_next(Crystal const& crystal, EvaluationState& state) const;

  /// Many structures at once. By default, and in models that are exact, each result has the bits that a single evaluation
  /// has, whatever the number of threads, and a model that is not concurrent() is evaluated on one. Models in single
  /// precision that join structures state their rounding: an energy depends on its companions by less than 2e-6 eV/atom.
  /// @throws whatever else than InputError an evaluation throws
  virtual std::vector<BatchResult> evaluate_many(std::span<Crystal const> crystals, int threads) const;
  /// How many edges of how many structures it takes to make evaluate_many worth its while; 0: it gains nothing.
  virtual double batch_edges() const { return 0.0; }
  /// How long its device has computed since the model was made [s]. A model that says it takes turns on its device by
  /// itself: several threads may call it whatever concurrent() says, and one finds neighbours while another one computes.
  virtual std::optional<double> device_seconds() const { return std::nullopt; }

  virtual std::string name() const = 0;         ///< as the user gave it, "rigid-ion:grimes"
  virtual std::string identity() const = 0;     ///< SHA-256 (64 hex) over parameters, cutoff, truncation, electrostatics, slab rule
  virtual double cutoff() const = 0;            ///< [Å]
  virtual std::vector<int> elements() const = 0;
  /// Charges that no environment changes: such a model has no redox, and no oxygen that comes or goes alone.
  virtual bool fixed_charges() const { return false; }
  virtual Contents contents() const { return {}; }
  /// Whether several threads may call evaluate at once. @see batch.hpp
  virtual bool concurrent() const { return true; }
  /// What a learned model makes of the surroundings of each atom: numbers that no rotation changes, one column per atom,
  /// for uncertainty and for learning. No rows if the model has none.
  virtual Eigen::MatrixXf features(Crystal const& crystal) const;
  /// What the model is, for people: name, identity, cutoff_A, elements, and what its kind has to say (kind, dtype, units,
  /// reference energies, ...). Everything in it that changes a number is part of the identity, too.
  virtual Value about() const;
  /// Expected work (edges) of one evaluation, from volume and number of atoms alone.
  virtual double expected_work(Crystal const& crystal) const;
  /// The same model with the dipole correction for cells with vacuum along z on or off; none if the model has no
  /// long-range part (then `this` serves for both).
  virtual std::shared_ptr<Potential const> with_slab_correction(bool on) const;
  /// The same model with a uniform background for charged cells (one carrier in a crystal); none if it knows no charges.
  virtual std::shared_ptr<Potential const> with_background() const;
  /// The same model with another accuracy of Coulomb forces (PotentialOptions::accuracy), for dynamics; none if it sums no
  /// charges.
  virtual std::shared_ptr<Potential const> with_accuracy(double accuracy) const;
};

/// How a model is asked for: `KIND:PATH or NAME` and its numerical settings (part of its identity, the threads aside).
struct PotentialOptions {
  double cutoff = 12.0;                          ///< short-range cutoff of rigid-ion sets [Å]
  bool taper = true;                             ///< C1 taper over the last 1 Å; false: plain truncation
  enum class Sum { direct, pme, automatic } sum = Sum::automatic;
  /// Error of Coulomb forces, root mean square, relative to the force between unit charges 1 Å apart. 0: the direct sum
  /// is exact (1e-12), a mesh has 1e-9, and `automatic` takes the mesh above 500 atoms; otherwise `automatic` takes
  /// whichever is expected to be faster.
  double accuracy = 0.0;
  bool slab_correction = false;                  ///< 2 pi k M_z^2/V (Yeh-Berkowitz) for vacuum along z
  bool background = false;                       ///< a charged cell gets a uniform background instead of being refused
  bool core_guard = true;                        ///< ZBL core below the range of the short-range part
  std::string device = "cpu";                    ///< of models of the plug-in: cpu, cuda, cuda:N
  int threads = 1;                               ///< of one evaluation, for models that share it out (nequix); same bits
};

/// "rigid-ion:SET" from the project's data, "nequix:PATH" from weights; "torchscript:PATH", "mace:PATH", "nequip:PATH",
/// "sevennet:PATH" and "tensornet:PATH" through the plug-in mlip.so; "PATH" of a model file, by its contents; "tersoff:FILE" and "sw:FILE"
/// with parameter files of LAMMPS, "lj:EPSILON,SIGMA[,CUTOFF]", "zbl[:INNER,OUTER]", "d3:FUNCTIONAL", "far-charges[:...]",
/// "committee(A;B;...)", "ranged(A;CARD)", "correction(A)", and sums "A+B" (docs/models.md). Learned models without a core
/// refuse structures with atoms closer than 0.22 of the sum of their covalent radii.
/// @throws InputError for an unknown kind or set (with a suggestion), a missing plug-in (with the package to install)
NACRE_API std::shared_ptr<Potential const> make_potential(std::string const& model, PotentialOptions const& options = {});

/// What may stand before the colon, and what it is.
struct ModelKind {
  std::string name, form, summary;
  bool available = true;  ///< false: it needs a plug-in that is not there
};
NACRE_API std::vector<ModelKind> model_kinds();

/// Names of the rigid-ion sets that cover all of `elements`.
NACRE_API std::vector<std::string> rigid_ion_sets_covering(std::vector<int> const& elements);

}  // namespace nacre
