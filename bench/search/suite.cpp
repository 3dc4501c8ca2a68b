// bench_search_suite [--dimensions 2,5,10,20] [--instances 5] [--functions 1-29] [--only NAME] [--by-function]
//   [--published]: the instances that BBOB itself has of functions 1-24
// Share of (run, target) pairs met after 100 D, 500 D and 2000 D evaluations; 51 targets from 1e2 to 1e-8.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <sstream>

#include "optimiser.hpp"
#include "support/test_functions.hpp"

namespace nacre::bench {
namespace {

constexpr int targets = 51;
constexpr std::array<int, 3> budgets{100, 500, 2000};

struct Options {
  std::vector<int> dimensions{2, 5, 10, 20};
  int instances = 5, first = 1, last = test::TestFunction::count;
  std::string only;
  bool by_function = false, published = false;
};

/// Evaluations after which each target was met.
class Record {
 public:
  Record(test::TestFunction const& function, int dimensions) : function_(function), most_(2000L * dimensions) {}
  double operator()(Eigen::VectorXd const& x) {
    if (count_ >= most_) throw Stop();
    ++count_;
    auto const gap = function_(x) - function_.offset();
    while (next_ < targets && gap <= std::pow(10.0, 2.0 - 0.2 * next_))
      met_[static_cast<std::size_t>(next_++)] = count_;
    if (next_ == targets) throw Stop();
    return function_.observed(x, static_cast<std::uint64_t>(count_));
  }
  double share(long evaluations) const {
    return static_cast<double>(
               std::count_if(met_.begin(), met_.begin() + next_, [&](long at) { return at <= evaluations; })) /
           targets;
  }
  bool solved() const { return next_ == targets; }

 private:
  test::TestFunction const& function_;
  long most_, count_ = 0;
  int next_ = 0;
  std::array<long, targets> met_{};
};

struct Score {
  std::array<double, 3> share{};
  double solved = 0.0;
  int runs = 0;
  void add(Record const& record, int dimensions) {
    for (std::size_t i = 0; i < budgets.size(); ++i)
      share[i] += record.share(static_cast<long>(budgets[i]) * dimensions);
    solved += record.solved() ? 1.0 : 0.0;
    ++runs;
  }
  void add(Score const& other) {
    for (std::size_t i = 0; i < share.size(); ++i) share[i] += other.share[i];
    solved += other.solved;
    runs += other.runs;
  }
  void print(std::string const& name) const {
    std::printf("| %-22s | %.3f | %.3f | %.3f | %.3f |\n", name.c_str(), share[0] / runs, share[1] / runs,
                share[2] / runs, solved / runs);
    std::fflush(stdout);
  }
};

Score measure(Optimiser const& optimiser, int number, int dimensions, Options const& options) {
  Score score;
  for (int instance = 1; instance <= options.instances; ++instance) {
    auto const function = options.published
                              ? test::TestFunction::published(number, dimensions, instance)
                              : test::TestFunction(number, dimensions, static_cast<std::uint64_t>(instance));
    Record record(function, dimensions);
    try {
      optimiser.run(dimensions, static_cast<std::uint64_t>(instance), std::ref(record));
    } catch (Stop const&) {
    }
    score.add(record, dimensions);
  }
  return score;
}

void compare(Options const& options, int dimensions) {
  std::printf("\nD = %d\n| engine | 100 D | 500 D | 2000 D | solved |\n|---|---|---|---|---|\n", dimensions);
  auto optimisers = own_engines();
  for (auto const& peers : {pagmo_peers(), nlopt_peers()})
    optimisers.insert(optimisers.end(), peers.begin(), peers.end());
  for (auto const& optimiser : optimisers) {
    if (!options.only.empty() && optimiser.name.find(options.only) == std::string::npos) continue;
    Score all;
    for (int number = options.first; number <= options.last; ++number) {
      auto const score = measure(optimiser, number, dimensions, options);
      if (options.by_function) score.print(optimiser.name + " " + test::TestFunction::name(number));
      all.add(score);
    }
    all.print(optimiser.name);
  }
}

std::vector<int> numbers(std::string const& text, char separator) {
  std::vector<int> result;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, separator);) result.push_back(std::stoi(part));
  return result;
}

}  // namespace
}  // namespace nacre::bench

int main(int argc, char** argv) {
  nacre::bench::Options options;
  for (int i = 1; i < argc; ++i) {
    std::string const name = argv[i];
    if (name == "--by-function") {
      options.by_function = true;
    } else if (name == "--published") {
      options.published = true;
      options.last = 24;
    } else if (i + 1 == argc) {
      std::fprintf(stderr, "bench_search_suite: '%s' is unknown or lacks its value\n", argv[i]);
      return 2;
    } else if (name == "--dimensions") {
      options.dimensions = nacre::bench::numbers(argv[++i], ',');
    } else if (name == "--instances") {
      options.instances = std::stoi(argv[++i]);
    } else if (name == "--functions") {
      auto const range = nacre::bench::numbers(argv[++i], '-');
      options.first = range.front();
      options.last = range.back();
    } else if (name == "--only") {
      options.only = argv[++i];
    } else {
      std::fprintf(stderr, "bench_search_suite: unknown option '%s'\n", argv[i]);
      return 2;
    }
  }
  for (auto const dimensions : options.dimensions) nacre::bench::compare(options, dimensions);
}
