/// Supercells in which two layers share a lattice, within a strain; each has its twist.
///
/// A match is a rational 2x2 matrix X, det X > 0, between the primitive in-plane lattices A (film, the upper layer) and
/// B (substrate, the lower one); rows are vectors: film vector m A is identified with substrate vector (m X) B.
/// E = A^-1 X B; principal strains are its singular values - 1: the film strained to the substrate. The coincidence
/// cell is {m : m X integer}; every match is primitive and none is a mirror image.
///
/// Classes are counted as in the lattice matching of A. Zur and T. C. McGill, J. Appl. Phys. 55, 378 (1984),
/// doi:10.1063/1.333084, but completely: every Gauss-reduced film cell against every substrate cell in reach.
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <optional>
#include <vector>

#include "nacre/core/api.hpp"

namespace nacre {

struct NACRE_API Coincidence {
  Eigen::Matrix2i film = Eigen::Matrix2i::Identity();  ///< M, ROWS = supercell vectors in the film's in-plane basis
  Eigen::Matrix2i substrate = Eigen::Matrix2i::Identity();  ///< N, ROWS likewise; M^-1 N = X; M A is Gauss-reduced
  /// K, ROWS: K/(film_index substrate_index) times the common cell's rows spans the shift cell. It follows from the
  /// integers and the unstrained substrate alone, so a shift means the same whatever the strain sharing.
  Eigen::Matrix2i shift = Eigen::Matrix2i::Identity();
  int film_index = 1;             ///< det M
  int substrate_index = 1;        ///< det N
  double strain_max = 0.0;        ///< larger principal strain e1 of the film strained to the substrate
  double strain_min = 0.0;        ///< smaller one, e2
  double twist = 0.0;             ///< the film is turned by this on the substrate, counterclockwise seen from +z [rad]
  double film_area = 0.0;         ///< [Å^2]
  double substrate_area = 0.0;    ///< [Å^2]
  double shift_cell_area = 0.0;   ///< area(B)/film_index [Å^2]
  double largest_strain() const;  ///< the larger absolute value
};

/// How a principal stretch s is measured: s - 1, or |ln s|, which says the same of film and substrate exchanged.
enum class StrainMeasure { engineering, logarithmic };

/// A twist asked for. A class has many twists, which the symmetries of the layers make equal; the nearest counts.
///
/// With a window: every match in it, by the distance. Without, the request snaps: first the unstrained matches (below
/// 1e-6) within 1 deg, by the distance; then all others by the larger of strain and distance/100 deg, so that 1 %
/// weighs as much as 1 deg. The search grows in strain and twist until it has `most`, and no further.
struct TwistRequest {
  double angle = 0.0;                     ///< [rad]
  std::optional<double> half_width = {};  ///< matches farther away are left out [rad]
};

/// Limits hold to a relative 1e-9, so that a match exactly on one is in on every machine.
struct CoincidenceOptions {
  double max_area = 200.0;   ///< on both supercells [Å^2]
  double max_strain = 0.03;  ///< on both |principal strains|
  StrainMeasure measure = StrainMeasure::engineering;
  std::int64_t max_atoms = 0;                        ///< of both layers together; 0: no limit
  std::int64_t film_atoms = 0, substrate_atoms = 0;  ///< per primitive in-plane cell of each layer, for `max_atoms`
  std::optional<TwistRequest> twist = std::nullopt;
  /// For two layers of one material on one plane: in-plane parts (columns) of the operations that turn it over. A match
  /// and what it is when the stack is turned over are then one class, the first of the two in the order of the list.
  std::vector<Eigen::Matrix2i> turns{};
  std::size_t most = 200'000;  ///< entries of the answer; the search ends when it has them
};

/// By (film_area, largest |strain|, film_index, substrate_index, matrices); of a requested twist in its order first.
/// Strains and twists are rounded to 1e-12 so that the order does not hang on last bits.
struct NACRE_API CoincidenceList {
  std::vector<Coincidence> classes;  ///< each represented by its least twist, or the one nearest to the request
  bool truncated = false;            ///< there are more within the limits than `most`
};

/// Film supercells by increasing index, so that the first of the order are known without the rest. Memory is that of
/// the answer.
/// @param film,substrate          in-plane bases, right-handed, vectors as COLUMNS [Å]
/// @param film_group,substrate_group  point operations that leave each layer as it is (columns of coordinates;
///        `layer_point_group` or `lattice_holohedry`; empty = identity only); X ~ g X h with det g det h = +1
/// @throws InputError for collinear or left-handed vectors, a strain or area that is not positive
NACRE_API CoincidenceList search_coincidences(Eigen::Matrix2d const& film, Eigen::Matrix2d const& substrate,
                                              std::vector<Eigen::Matrix2i> const& film_group,
                                              std::vector<Eigen::Matrix2i> const& substrate_group,
                                              CoincidenceOptions const& options = {});
/// The classes alone.
NACRE_API std::vector<Coincidence> find_coincidences(Eigen::Matrix2d const& film, Eigen::Matrix2d const& substrate,
                                                     std::vector<Eigen::Matrix2i> const& film_group,
                                                     std::vector<Eigen::Matrix2i> const& substrate_group,
                                                     CoincidenceOptions const& options = {});

/// U of E = U R: how the film is stretched to fit the substrate, in the film's own frame. Principal strains are its
/// eigenvalues - 1.
NACRE_API Eigen::Matrix2d film_stretch(Coincidence const& coincidence, Eigen::Matrix2d const& film,
                                       Eigen::Matrix2d const& substrate);

/// The match M^-1 N, given by rows of any coincidence cell, in terms of its image with the twist nearest to `twist`.
NACRE_API Coincidence nearest_image(Eigen::Matrix2d const& film, Eigen::Matrix2d const& substrate,
                                    std::vector<Eigen::Matrix2i> const& film_group,
                                    std::vector<Eigen::Matrix2i> const& substrate_group,
                                    Eigen::Matrix2i const& film_rows, Eigen::Matrix2i const& substrate_rows,
                                    double twist);

/// The primitive match that identifies the rows of two supercells, M A with N B: the smallest cell of X = M^-1 N.
/// Strain is stated, not limited.
/// @throws InputError if a supercell is singular or one is the mirror image of the other (det M det N < 0)
NACRE_API Coincidence make_coincidence(Eigen::Matrix2d const& film, Eigen::Matrix2d const& substrate,
                                       Eigen::Matrix2i const& film_rows, Eigen::Matrix2i const& substrate_rows);

/// The match that identifies film vector i with substrate vector i: index 1, zero twist; for a material on itself.
NACRE_API Coincidence identity_coincidence(Eigen::Matrix2d const& basis);

}  // namespace nacre
