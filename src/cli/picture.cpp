#include "picture.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <set>

#include "nacre/core/error.hpp"
#include "nacre/crystal/elements.hpp"

namespace nacre {
namespace {

constexpr double scale = 14.0;        ///< pixels per Å
constexpr double margin = 46.0;       ///< around each view [pixels]
constexpr double widest = 26.0;       ///< small cells are repeated up to this [Å]
constexpr double legend_line = 20.0;  ///< [pixels]
constexpr std::size_t most_circles = 6000;

/// Rims of the layers; further layers begin anew.
constexpr std::array<char const*, 5> rims{"#1b4f72", "#6c3483", "#145a32", "#7e5109", "#17202a"};
/// Grounds behind the layers in the side view.
constexpr std::array<char const*, 5> grounds{"#eaf2f8", "#f4ecf7", "#e9f7ef", "#fef5e7", "#f2f3f4"};

std::string text_of(double x) {
  std::array<char, 32> buffer;
  auto const end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), x, std::chars_format::fixed, 2).ptr;
  std::string text(buffer.data(), end);
  return text == "-0.00" ? "0.00" : text;
}

/// Colours that chemists expect, for the commonest; the others go round the colour circle by atomic number.
std::string colour(int number) {
  static std::map<int, char const*> const known{
      {1, "#ffffff"},  {3, "#cc80ff"},  {6, "#606060"},  {7, "#3050f8"},  {8, "#ff3b30"},  {9, "#90e050"},
      {11, "#ab5cf2"}, {12, "#8aff00"}, {13, "#bfa6a6"}, {14, "#f0c8a0"}, {16, "#ffe135"}, {17, "#1ff01f"},
      {20, "#3dff00"}, {22, "#9aa3ad"}, {26, "#e06633"}, {30, "#7d80b0"}, {38, "#00d26a"}, {39, "#94ffff"},
      {40, "#5fc6c6"}, {42, "#54b5b5"}, {56, "#00c900"}, {57, "#70d4ff"}, {58, "#e8d96a"}, {72, "#4dc2ff"},
      {74, "#2194d6"}};
  if (auto const found = known.find(number); found != known.end()) return found->second;
  return concat("hsl(", number * 137 % 360, ",55%,60%)");
}

double radius(Stack const& stack, std::size_t atom) {
  double const charge = stack.crystal.oxidation.empty() ? 0.0 : stack.crystal.oxidation[atom];
  try {
    return 0.55 * shannon_radius(stack.crystal.numbers[atom], charge);
  } catch (InputError const&) {
    return 0.7;  // no ion of the table
  }
}

struct Circle {
  double x, y, depth, r;
  int number, layer;
};

/// One view: what is drawn where, y upward [Å].
struct View {
  std::vector<Circle> circles;
  double left = 0.0, right = 0.0, bottom = 0.0, top = 0.0;
};

/// Repeats of the cell that make it wide enough, as far as the number of circles allows.
std::array<int, 2> repeats_of(Stack const& stack) {
  std::array<int, 2> repeats{1, 1};
  for (int k : {0, 1}) {
    double const length = stack.cell.col(k).norm();
    repeats[static_cast<std::size_t>(k)] = std::clamp(static_cast<int>(std::round(0.6 * widest / length)), 1, 8);
  }
  while (stack.crystal.size() * static_cast<std::size_t>(repeats[0] * repeats[1]) > most_circles &&
         repeats[0] * repeats[1] > 1) {
    --(repeats[0] >= repeats[1] ? repeats[0] : repeats[1]);
  }
  return repeats;
}

/// Places of all atoms drawn, with f(atom, place).
template <class Function>
void for_each_atom(Stack const& stack, Function const& f) {
  auto const [na, nb] = repeats_of(stack);
  for (std::size_t i = 0; i < stack.crystal.size(); ++i) {
    for (int a = 0; a < na; ++a) {
      for (int b = 0; b < nb; ++b) {
        Eigen::Vector3d r = stack.crystal.positions.col(static_cast<Eigen::Index>(i));
        r.head<2>() += stack.cell * Eigen::Vector2d(a, b);
        f(i, r);
      }
    }
  }
}

void frame(View& view) {
  view.left = view.bottom = 1e9;
  view.right = view.top = -1e9;
  for (auto const& c : view.circles) {
    view.left = std::min(view.left, c.x - c.r);
    view.right = std::max(view.right, c.x + c.r);
    view.bottom = std::min(view.bottom, c.y - c.r);
    view.top = std::max(view.top, c.y + c.r);
  }
  auto const key = [](Circle const& c) { return std::tuple(std::round(c.depth * 1e3), c.layer, c.x, c.y, c.number); };
  std::ranges::sort(view.circles, {}, key);
}

View side_view(Stack const& stack) {
  View view;
  for_each_atom(stack, [&](std::size_t i, Eigen::Vector3d const& r) {
    view.circles.push_back({r.x(), r.z(), -r.y(), radius(stack, i), stack.crystal.numbers[i], stack.layer[i]});
  });
  frame(view);
  return view;
}

/// Seen from above; upper layers are drawn smaller, so that the lower ones show between.
View top_view(Stack const& stack) {
  View view;
  for_each_atom(stack, [&](std::size_t i, Eigen::Vector3d const& r) {
    double const shrink = std::pow(0.66, stack.layer[i] - 1);
    view.circles.push_back({r.x(), r.y(), r.z(), shrink * radius(stack, i), stack.crystal.numbers[i], stack.layer[i]});
  });
  frame(view);
  return view;
}

/// Draws into pixels with y downward.
class Canvas {
 public:
  Canvas(View const& view, double left, double top) : view_(view), left_(left), top_(top) {}
  double x(double value) const { return left_ + (value - view_.left) * scale; }
  double y(double value) const { return top_ + (view_.top - value) * scale; }

  std::string circles() const {
    std::string out;
    for (auto const& c : view_.circles) {
      auto const rim = rims[static_cast<std::size_t>(c.layer - 1) % rims.size()];
      out += "<circle cx=\"" + text_of(x(c.x)) + "\" cy=\"" + text_of(y(c.y)) + "\" r=\"" + text_of(c.r * scale) +
             "\" fill=\"" + colour(c.number) + "\" stroke=\"" + rim + "\" stroke-width=\"1.4\"/>\n";
    }
    return out;
  }
  std::string polygon(std::vector<Eigen::Vector2d> const& corners) const {
    std::string out = "<polygon points=\"";
    for (auto const& c : corners) out += text_of(x(c.x())) + "," + text_of(y(c.y())) + " ";
    return out + "\" fill=\"none\" stroke=\"#222222\" stroke-width=\"1.6\" stroke-dasharray=\"6 4\"/>\n";
  }
  std::string band(double low, double high, std::size_t layer) const {
    return "<rect x=\"" + text_of(x(view_.left) - 10.0) + "\" y=\"" + text_of(y(high)) + "\" width=\"" +
           text_of((view_.right - view_.left) * scale + 20.0) + "\" height=\"" + text_of((high - low) * scale) +
           "\" fill=\"" + grounds[layer % grounds.size()] + "\"/>\n";
  }

 private:
  View const& view_;
  double left_, top_;
};

std::string label(double x, double y, std::string const& text, std::string const& style = {}) {
  return "<text x=\"" + text_of(x) + "\" y=\"" + text_of(y) + "\"" + style + ">" + text + "</text>\n";
}

/// Grounds of the layers, as seen from the side.
std::string layer_grounds(Stack const& stack, Canvas const& canvas) {
  std::string out;
  auto const z = stack.crystal.positions.row(2);
  for (std::size_t k = 0; k < stack.layers.size(); ++k) {
    double low = 1e9, high = -1e9;
    for (std::size_t i = 0; i < stack.layer.size(); ++i) {
      if (stack.layer[i] != static_cast<int>(k) + 1) continue;
      low = std::min(low, z(static_cast<Eigen::Index>(i)));
      high = std::max(high, z(static_cast<Eigen::Index>(i)));
    }
    out += canvas.band(low - 0.8, high + 0.8, k);
  }
  return out;
}

/// Outline of a superlattice's cell, as seen from the side.
std::string side_outline(Stack const& stack, Canvas const& canvas) {
  if (!stack.crystal.periodic[2]) return {};
  Eigen::Vector3d const a = stack.crystal.lattice.col(0), c = stack.crystal.lattice.col(2);
  return canvas.polygon({{0.0, 0.0}, {a.x(), 0.0}, {a.x() + c.x(), c.z()}, {c.x(), c.z()}});
}

std::string legend(Stack const& stack, std::vector<std::string> const& names, double left, double top) {
  std::string out;
  double x = left, y = top;
  for (std::size_t k = 0; k < names.size(); ++k) {
    std::string words = concat("layer ", k + 1, ": ", names[k]);
    out += "<circle cx=\"" + text_of(x + 6.0) + "\" cy=\"" + text_of(y - 4.0) + "\" r=\"5.00\" fill=\"" +
           grounds[k % grounds.size()] + "\" stroke=\"" + rims[k % rims.size()] + "\" stroke-width=\"2.4\"/>\n";
    out += label(x + 18.0, y, words);
    y += legend_line;
  }
  std::set<int> const elements(stack.crystal.numbers.begin(), stack.crystal.numbers.end());
  for (int const number : elements) {
    out += "<circle cx=\"" + text_of(x + 6.0) + "\" cy=\"" + text_of(y - 4.0) + "\" r=\"6.00\" fill=\"" +
           colour(number) + "\" stroke=\"#222222\"/>\n" + label(x + 16.0, y, std::string(symbol(number)));
    x += 48.0;
  }
  return out;
}

}  // namespace

std::string stack_picture(Stack const& stack, std::vector<std::string> const& names) {
  View const side = side_view(stack), above = top_view(stack);
  auto const width_of = [](View const& view) { return (view.right - view.left) * scale; };
  auto const height_of = [](View const& view) { return (view.top - view.bottom) * scale; };
  double const title = 24.0, height = std::max(height_of(side), height_of(above));
  double const second = margin + width_of(side) + 1.5 * margin;
  double const bottom = margin + title + height + 1.4 * margin;
  double const full_width = std::max(second + width_of(above) + margin, 420.0);
  double const full_height = bottom + legend_line * static_cast<double>(names.size() + 1);

  Canvas const from_side(side, margin, margin + title), from_above(above, second, margin + title);
  Eigen::Vector2d const a = stack.cell.col(0), b = stack.cell.col(1);
  std::string out = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + text_of(full_width) + "\" height=\"" +
                    text_of(full_height) + "\" font-family=\"sans-serif\" font-size=\"14\">\n" +
                    "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n";
  out += label(margin, margin, "from the side", " font-weight=\"bold\"") +
         label(second, margin, "from above", " font-weight=\"bold\"");
  out += layer_grounds(stack, from_side) + from_side.circles() + side_outline(stack, from_side);
  out += from_above.circles() + from_above.polygon({{0.0, 0.0}, a, a + b, b});
  out += legend(stack, names, margin, bottom);
  return out + "</svg>\n";
}

}  // namespace nacre
