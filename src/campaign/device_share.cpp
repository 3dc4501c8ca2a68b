#include "device_share.hpp"

#include <unistd.h>

#include <array>
#include <cstdlib>
#include <optional>
#include <vector>

#include "nacre/core/error.hpp"
#include "nacre/core/ids.hpp"
#include "nacre/core/log.hpp"
#include "nacre/core/text.hpp"
#include "nacre/potential/device_queue.hpp"
#include "nacre/potential/model_plugin.hpp"

namespace nacre::detail {
namespace {

PotentialOptions potential_options(CampaignConfig const& config) {
  PotentialOptions options;
  options.cutoff = config.potential.cutoff;
  options.taper = config.potential.truncation == "taper";
  options.device = config.potential.device;
  return options;
}

std::string computer() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

/// "HOST LOCAL_RANK" of every rank, in their order.
struct Place {
  std::string host;
  int local_rank = 0;
  bool operator==(Place const&) const = default;
};

std::vector<Place> places_of(Communicator& world, int local_rank) {
  std::vector<Place> places;
  for (auto const& text : world.gather(concat(local_rank, ' ', computer()))) {
    auto const space = text.find(' ');
    places.push_back({text.substr(space + 1), static_cast<int>(parse_integer(text.substr(0, space)).value_or(0))});
  }
  return places;
}

bool wants_to_share(CampaignConfig const& config) {
  auto const& potential = config.potential;
  if (config.space != "stacks" || potential.share_device == "never") return false;
  return potential.share_device == "always" || potential.device.starts_with("cuda");
}

/// In the system's folder for temporary files: names of UNIX sockets are short.
std::filesystem::path socket_of_this_rank() {
  return std::filesystem::temp_directory_path() / concat("nacre-device-", ::getpid());
}

}  // namespace

std::shared_ptr<Potential const> load_potential(CampaignConfig const& config) {
  try {
    return make_potential(config.potential.model, potential_options(config));
  } catch (InputError const& error) {
    input_error(config.place("potential", "model"), error.what());
  }
}

struct DeviceShare::State {
  State(CampaignConfig const* config, Communicator& world, int local_rank) {
    auto const places = places_of(world, local_rank);
    auto const mine = places[static_cast<std::size_t>(world.rank())];
    auto const here = std::ranges::count(places, mine.host, &Place::host);
    int devices = 0;
    attempt([&] { devices = config && wants_to_share(*config) ? count_devices(config->potential.device) : 0; });
    bool const shares = devices > 0 && here > devices;
    bool const owner = shares && local_rank < devices;
    if (owner) attempt([&] { open(*config); });
    auto const sockets = world.gather(server ? socket_of_this_rank().string() : std::string());
    if (!shares || owner) return;
    attempt([&] {
      auto const found = std::ranges::find(places, Place{mine.host, local_rank % devices});
      auto const& socket = sockets[static_cast<std::size_t>(found - places.begin())];
      if (socket.empty()) throw Error("the rank that owns the device could not open it");
      connect_to_device(socket);  // does it answer?
      owners_socket = socket;
    });
  }
  ~State() {
    if (!queue) return;
    log_info("the shared device evaluated ", queue->report());
    constexpr double patience_s = 10.0;  // every caller has been told to end
    if (queue->wait_until_idle(patience_s)) return;
    log_warning("the shared device hangs in an evaluation; it is left behind");
    static_cast<void>(server.release());
    static_cast<void>(new std::shared_ptr<DeviceQueue>(queue));  // its threads cannot be ended
  }

  /// The other ranks wait for this one: what goes wrong is said later, by all together.
  template <class Action>
  void attempt(Action const& action) {
    try {
      action();
    } catch (std::exception const& error) {
      if (failure.empty()) failure = error.what();
    }
  }

  void open(CampaignConfig const& config) {
    queue = std::make_shared<DeviceQueue>(load_potential(config));
    server = std::make_unique<DeviceServer>(queue, socket_of_this_rank());
  }

  std::shared_ptr<DeviceQueue> queue;    // of an owner
  std::unique_ptr<DeviceServer> server;  // the same
  std::filesystem::path owners_socket;   // of the others
  std::string failure;
};

DeviceShare::DeviceShare(CampaignConfig const* config, Communicator& world, int local_rank)
    : state_(std::make_unique<State>(config, world, local_rank)) {}
DeviceShare::~DeviceShare() = default;

std::shared_ptr<Potential const> DeviceShare::model() const {
  if (state_->queue) return share_model(state_->queue);
  return state_->owners_socket.empty() ? nullptr : connect_to_device(state_->owners_socket);
}
std::string const& DeviceShare::failure() const { return state_->failure; }

}  // namespace nacre::detail
