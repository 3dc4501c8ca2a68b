#include "plot.hpp"

#include <cmath>
#include <cstdlib>

#include "nacre/core/child.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"

namespace nacre {
namespace {

namespace fs = std::filesystem;

/// Removed with the object.
class Folder {
 public:
  Folder() {
    auto pattern = (fs::temp_directory_path() / "nacre-plot-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw Error(concat("cannot make a temporary folder '", pattern, "'"));
    path_ = pattern;
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(Folder const&) = delete;
  Folder& operator=(Folder const&) = delete;
  fs::path const& path() const { return path_; }

 private:
  fs::path path_;
};

constexpr char const* preamble =
    "set terminal svg size 720,480 font 'sans,14' background '#ffffff' noenhanced\n"
    "set output 'picture.svg'\n"
    "set border 3 lc rgb '#444444'\nset tics nomirror\nset grid lc rgb '#dddddd'\nset key left top\n"
    "set style fill transparent solid 0.2 noborder\n";

/// Runs gnuplot in a folder of its own and moves the picture to its place.
void run_gnuplot(std::string const& script, fs::path const& svg) {
  Folder const folder;
  write_file(folder.path() / "script.gp", preamble + script);
  int pid = 0;
  try {
    pid = start_child({"gnuplot", "script.gp"}, folder.path(), folder.path() / "log");
  } catch (Error const& error) {
    throw Error(
        concat("cannot draw '", svg.string(), "' (", error.what(), "); install gnuplot-nox or leave out --plot"));
  }
  int const status = wait_child(pid);
  auto const picture = folder.path() / "picture.svg";
  if (status == 127)
    throw Error(concat("cannot draw '", svg.string(), "' (no gnuplot found); install gnuplot-nox or leave out --plot"));
  if (status != 0 || !fs::exists(picture))
    throw Error(concat("gnuplot could not draw '", svg.string(), "' (status ", status,
                       "): ", trim(read_file(folder.path() / "log"))));
  write_file(svg, read_file(picture));
}

std::string title_of(DiffusionResult const& result) {
  auto const& tracer = result.tracer;
  if (tracer.D)
    return concat("D = ", significant(tracer.D->value, 4), " ± ", significant(tracer.D->error, 2), " Å²/ps");
  if (tracer.D_upper) return concat("D < ", significant(*tracer.D_upper, 3), " Å²/ps (95 %), ", tracer.jumps, " jumps");
  return concat("refused: ", tracer.reasons.empty() ? "" : tracer.reasons.front().code);
}

}  // namespace

void plot_diffusion(DiffusionResult const& result, fs::path const& svg) {
  auto const& curve = result.curve;
  std::string script = "$msd << EOD\n";
  for (std::size_t k = 0; k < curve.lag_ps.size(); ++k)
    script += shortest(curve.lag_ps[k]) + " " + shortest(curve.msd_A2[k]) + "\n";
  script +=
      "EOD\nset xlabel 'lag [ps]'\nset ylabel 'mean squared displacement [Å²]'\nset xrange [0:*]\nset yrange [0:*]\n";
  script += concat("set title \"", title_of(result), "\"\n");
  script += concat("set object 1 rectangle from ", shortest(curve.window.first_ps), ",graph 0 to ",
                   shortest(curve.window.last_ps), ",graph 1 behind fc rgb '#4477aa' fs solid 0.08 noborder\n");
  script += concat("plot $msd using 1:2 with lines lw 2 lc rgb '#4477aa' title 'mean over blocks', ",
                   shortest(curve.line.intercept), " + ", shortest(curve.line.slope),
                   "*x with lines lw 2 dt 2 lc rgb '#cc3311' title 'line fitted in the shaded window'\n");
  run_gnuplot(script, svg);
}

void plot_arrhenius(ArrheniusResult const& result, fs::path const& svg) {
  auto const& fit = *result.fit;
  bool const conducts = fit.quantity == ArrheniusQuantity::conductivity;
  double coldest = result.target_temperature, hottest = result.target_temperature;
  std::string points = "$points << EOD\n", line = "$line << EOD\n", target = "$target << EOD\n";
  auto const row = [&](double temperature, double value, double low, double high) {
    double const scale = conducts ? temperature : 1.0;
    return concat(shortest(1000.0 / temperature), " ", shortest(value * scale), " ", shortest(low * scale), " ",
                  shortest(high * scale), "\n");
  };
  for (auto const& point : result.points) {
    coldest = std::min(coldest, point.temperature);
    hottest = std::max(hottest, point.temperature);
    double const factor = std::exp(point.error / point.value);  // one error of the logarithm, which is what is fitted
    points += row(point.temperature, point.value, point.value / factor, point.value * factor);
  }
  constexpr int steps = 60;
  for (int k = 0; k <= steps; ++k) {
    double const inverse = 1.0 / hottest + (1.0 / coldest - 1.0 / hottest) * k / steps;
    auto const p = fit.at(1.0 / inverse);
    line += row(1.0 / inverse, p.value, p.low, p.high);
  }
  auto const p = fit.at(result.target_temperature);
  target += row(result.target_temperature, p.value, p.low, p.high);
  std::string script = points + "EOD\n" + line + "EOD\n" + target + "EOD\n";
  script += concat("set title \"E_a = ", significant(fit.activation_energy, 4), " ± ",
                   significant(fit.activation_error, 2), " eV\"\n");
  script +=
      "set logscale y\nset format y '10^{%L}'\nset termoption enhanced\nset key right top\nset xlabel '1000/T "
      "[1/K]'\nset offsets graph 0.04, graph 0.04, 0, 0\n";
  script += concat("set ylabel '", conducts ? "σT [S K/cm]" : "D [Å²/ps]", "'\n");
  script +=
      "plot $line using 1:3:4 with filledcurves lc rgb '#4477aa' title '95 % of the line', "
      "$line using 1:2 with lines lw 2 lc rgb '#4477aa' title 'weighted fit', "
      "$points using 1:2:3:4 with yerrorbars pt 7 lw 1.5 lc rgb '#222222' title 'measured', "
      "$target using 1:2:3:4 with yerrorbars pt 6 ps 1.2 lw 2 lc rgb '#cc3311' title 'asked for'\n";
  run_gnuplot(script, svg);
}

}  // namespace nacre
