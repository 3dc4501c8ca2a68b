#include "support/trajectories.hpp"

#include <Eigen/LU>
#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/elements.hpp"

namespace nacre::test {
namespace {

constexpr int oxygen = 8, zirconium = 40;

Walk empty_walk(int particles, int frames) {
  Walk walk;
  walk.numbers.assign(static_cast<std::size_t>(particles), oxygen);
  walk.frames.assign(static_cast<std::size_t>(frames), Eigen::Matrix3Xd::Zero(3, particles));
  return walk;
}

Eigen::Vector3d normal_vector(Rng& rng) {
  double const x = rng.normal(), y = rng.normal(), z = rng.normal();
  return {x, y, z};
}

Eigen::Matrix3Xd fractional_of(Walk const& walk, std::size_t frame) {
  return walk.lattice.inverse() * walk.frames[frame];
}

void append_number(std::string& text, double value) { text += concat(" ", shortest(value)); }

}  // namespace

IonPaths paths_of(Walk const& walk, PathOptions options) {
  if (options.mobile == 0) options.mobile = oxygen;
  PathCollector collector(walk.numbers, options);
  for (auto const& positions : walk.frames) {
    TrajectoryFrame frame;
    frame.lattice = walk.lattice;
    frame.periodic = walk.periodic;
    frame.positions = positions;
    collector.add(frame);
  }
  return std::move(collector).finish();
}

Walk brownian(int particles, int frames, double interval_ps, double diffusion, std::uint64_t seed) {
  auto walk = empty_walk(particles, frames);
  double const step = std::sqrt(2.0 * diffusion * interval_ps);
  for (int i = 0; i < particles; ++i) {
    Rng rng(seed, "brownian", static_cast<std::uint64_t>(i));
    Eigen::Vector3d x = Eigen::Vector3d::Zero();
    for (auto& frame : walk.frames) {
      frame.col(i) = x;
      x += step * normal_vector(rng);
    }
  }
  return walk;
}

Walk langevin(int particles, int frames, double interval_ps, double gamma, double thermal, std::uint64_t seed) {
  auto walk = empty_walk(particles, frames);
  double const g = gamma * interval_ps, decay = std::exp(-g);
  // moments of the Ornstein-Uhlenbeck process over one interval
  double const vv = thermal * (1.0 - decay * decay);
  double const xv = thermal / gamma * (1.0 - decay) * (1.0 - decay);
  double const xx = thermal / (gamma * gamma) * (2.0 * g - 3.0 + 4.0 * decay - decay * decay);
  for (int i = 0; i < particles; ++i) {
    Rng rng(seed, "langevin", static_cast<std::uint64_t>(i));
    Eigen::Vector3d x = Eigen::Vector3d::Zero(), v = std::sqrt(thermal) * normal_vector(rng);
    for (auto& frame : walk.frames) {
      frame.col(i) = x;
      Eigen::Vector3d const a = normal_vector(rng), b = normal_vector(rng);
      x += v * (1.0 - decay) / gamma + std::sqrt(xx) * a;
      v = decay * v + xv / std::sqrt(xx) * a + std::sqrt(vv - xv * xv / xx) * b;
    }
  }
  return walk;
}

Walk lattice_walk(int particles, int frames, double a, double p, std::uint64_t seed) {
  auto walk = empty_walk(particles, frames);
  for (int i = 0; i < particles; ++i) {
    Rng rng(seed, "lattice", static_cast<std::uint64_t>(i));
    Eigen::Vector3d x = Eigen::Vector3d::Zero();
    for (auto& frame : walk.frames) {
      frame.col(i) = x;
      if (rng.uniform() >= p) continue;
      auto const way = rng.below(6);
      x[static_cast<Eigen::Index>(way / 2)] += way % 2 == 0 ? a : -a;
    }
  }
  return walk;
}

Walk confined(int particles, int frames, double interval_ps, double variance, double relaxation_ps,
              std::uint64_t seed) {
  auto walk = empty_walk(particles, frames);
  double const decay = std::exp(-interval_ps / relaxation_ps), kick = std::sqrt(variance * (1.0 - decay * decay));
  for (int i = 0; i < particles; ++i) {
    Rng rng(seed, "confined", static_cast<std::uint64_t>(i));
    Eigen::Vector3d x = std::sqrt(variance) * normal_vector(rng);
    for (auto& frame : walk.frames) {
      frame.col(i) = x;
      x = decay * x + kick * normal_vector(rng);
    }
  }
  return walk;
}

Walk layered_walk(LayeredWalk const& options, std::uint64_t seed) {
  auto walk = empty_walk(options.walkers, options.frames);
  int const layers = static_cast<int>(options.hop.size()), total = layers * options.planes;
  walk.lattice =
      Eigen::Vector3d(options.edge, options.edge, total).asDiagonal() * Eigen::Matrix3d::Identity() * options.a;
  auto const layer_of = [&](std::int64_t plane) {
    return static_cast<std::size_t>(((plane % total) + total) % total / options.planes);
  };
  for (int i = 0; i < options.walkers; ++i) {
    Rng rng(seed, "layered", static_cast<std::uint64_t>(i));
    std::array<std::int64_t, 3> at{static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(options.edge))),
                                   static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(options.edge))),
                                   static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(total)))};
    for (auto& frame : walk.frames) {
      for (std::size_t k = 0; k < 3; ++k)
        frame(static_cast<Eigen::Index>(k), i) = options.a * (static_cast<double>(at[k]) + 0.5);
      auto const way = rng.below(6);
      bool const up = way % 2 == 0;
      auto next = at;
      next[way / 2] += up ? 1 : -1;
      auto const here = layer_of(at[2]), there = layer_of(next[2]);
      double const probability = here == there ? options.hop[here] / 6.0 : options.cross[up ? here : there];
      if (rng.uniform() < 6.0 * probability) at = next;
    }
  }
  return walk;
}

Walk vacancy_walk(int n, int frames, int jumps_per_frame, double a, std::uint64_t seed) {
  int const sites = n * n * n;
  auto walk = empty_walk(sites - 1, frames);
  std::vector<int> ion_at(static_cast<std::size_t>(sites));
  Eigen::Matrix3Xd position(3, sites - 1);
  for (int s = 1; s < sites; ++s) {
    ion_at[static_cast<std::size_t>(s)] = s - 1;
    position.col(s - 1) = a * Eigen::Vector3d(s % n, s / n % n, s / (n * n));
  }
  walk.lattice = a * n * Eigen::Matrix3d::Identity();
  std::array<int, 3> vacancy{0, 0, 0};
  auto const site = [&](std::array<int, 3> const& at) {
    return static_cast<std::size_t>(at[0] + n * (at[1] + n * at[2]));
  };
  Rng rng(seed, "vacancy", 0);
  for (auto& frame : walk.frames) {
    frame = position;
    for (int jump = 0; jump < jumps_per_frame; ++jump) {
      auto const way = rng.below(6);
      auto const axis = way / 2;
      int const step = way % 2 == 0 ? 1 : -1;
      auto from = vacancy;
      from[axis] = (from[axis] + step + n) % n;
      int const ion = ion_at[site(from)];
      ion_at[site(vacancy)] = ion;
      position(static_cast<Eigen::Index>(axis), ion) -= a * step;
      vacancy = from;
    }
  }
  return walk;
}

void add_framework(Walk& walk, int n, double spacing) {
  auto const mobile = walk.frames.front().cols();
  int const count = n * n * n;
  walk.numbers.insert(walk.numbers.end(), static_cast<std::size_t>(count), zirconium);
  for (auto& frame : walk.frames) {
    frame.conservativeResize(3, mobile + count);
    for (int i = 0; i < count; ++i)
      frame.col(mobile + i) = spacing * Eigen::Vector3d(i % n + 0.5, i / n % n + 0.5, i / (n * n) + 0.5);
  }
}

Walk wrapped(Walk walk) {
  for (std::size_t f = 0; f < walk.frames.size(); ++f) {
    Eigen::Matrix3Xd s = fractional_of(walk, f);
    for (Eigen::Index i = 0; i < s.size(); ++i) s.data()[i] -= std::floor(s.data()[i]);
    walk.frames[f] = walk.lattice * s;
  }
  return walk;
}

std::string to_extxyz_text(Walk const& walk) {
  std::string text;
  for (auto const& frame : walk.frames) {
    text += concat(frame.cols(), "\nLattice=\"");
    for (int i = 0; i < 9; ++i) append_number(text, walk.lattice(i % 3, i / 3));
    text += "\" Properties=species:S:1:pos:R:3 pbc=\"T T T\"\n";
    for (Eigen::Index i = 0; i < frame.cols(); ++i) {
      text += symbol(walk.numbers[static_cast<std::size_t>(i)]);
      for (int k = 0; k < 3; ++k) append_number(text, frame(k, i));
      text += "\n";
    }
  }
  return text;
}

std::string to_xdatcar_text(Walk const& walk) {
  std::string text = "walk\n1.0\n", symbols, counts;
  for (int k = 0; k < 3; ++k) {
    for (int i = 0; i < 3; ++i) append_number(text, walk.lattice(i, k));
    text += "\n";
  }
  for (std::size_t i = 0; i < walk.numbers.size();) {
    std::size_t end = i;
    while (end < walk.numbers.size() && walk.numbers[end] == walk.numbers[i]) ++end;
    symbols += concat(" ", symbol(walk.numbers[i]));
    counts += concat(" ", end - i);
    i = end;
  }
  text += concat(symbols, "\n", counts, "\n");
  for (std::size_t f = 0; f < walk.frames.size(); ++f) {
    text += concat("Direct configuration= ", f + 1, "\n");
    Eigen::Matrix3Xd const s = fractional_of(walk, f);
    for (Eigen::Index i = 0; i < s.cols(); ++i) {
      for (int k = 0; k < 3; ++k) append_number(text, s(k, i));
      text += "\n";
    }
  }
  return text;
}

std::string to_dump_text(Walk const& walk, std::string const& columns) {
  std::string text;
  auto const& h = walk.lattice;  // upper triangular, as LAMMPS wants it
  double const xy = h(0, 1), xz = h(0, 2), yz = h(1, 2);
  auto const bound = [&](double low, double high, double tilt) {
    append_number(text, low);
    append_number(text, high);
    append_number(text, tilt);
    text += "\n";
  };
  for (std::size_t f = 0; f < walk.frames.size(); ++f) {
    text += concat("ITEM: TIMESTEP\n", 100 * f, "\nITEM: NUMBER OF ATOMS\n", walk.numbers.size(),
                   "\nITEM: BOX BOUNDS xy xz yz pp pp pp\n");
    bound(std::min({0.0, xy, xz, xy + xz}), h(0, 0) + std::max({0.0, xy, xz, xy + xz}), xy);
    bound(std::min(0.0, yz), h(1, 1) + std::max(0.0, yz), xz);
    bound(0.0, h(2, 2), yz);
    text += concat("ITEM: ATOMS id type ", columns, "\n");
    Eigen::Matrix3Xd const s = fractional_of(walk, f);
    auto const words = split_words(columns);
    for (Eigen::Index back = s.cols(); back-- > 0;) {  // dumps are not sorted
      text += concat(back + 1, " ", walk.numbers[static_cast<std::size_t>(back)]);
      for (auto const& word : words) {
        int const axis = word.find_first_of("xyz") == std::string::npos ? 0 : word[word.find_first_of("xyz")] - 'x';
        double const whole = std::floor(s(axis, back));
        bool const folds = columns.find("ix") != std::string::npos;
        if (word.front() == 'i') {
          text += concat(" ", static_cast<long>(whole));
          continue;
        }
        bool const scaled = word.find('s') != std::string::npos;
        Eigen::Vector3d x = s.col(back);
        if (folds || word.find('u') == std::string::npos)
          for (int k = 0; k < 3; ++k) x[k] -= std::floor(x[k]);
        append_number(text, scaled ? x[axis] : (h * x)[axis]);
      }
      text += "\n";
    }
  }
  return text;
}

}  // namespace nacre::test
