/// The two ends of a shared device's socket: who serves its queue, and the model that asks there.
#include <atomic>
#include <list>
#include <map>
#include <mutex>
#include <thread>

#include "device_messages.hpp"
#include "nacre/core/error.hpp"
#include "nacre/potential/device_queue.hpp"

namespace nacre {
namespace {

using detail::MessageReader;
using detail::MessageWriter;

// What is asked, with the variant of the model that is meant: derivations from the model as given, one letter each.
constexpr char describe_model = 'D', expected_work_of = 'W', evaluate_these = 'E';
constexpr char with_slab = 'S', without_slab = 's', in_background = 'b';
// How an answer begins.
constexpr char answered = 'a', refused = 'r', failed = 'f';

std::shared_ptr<Potential const> derived(Potential const& model, char letter) {
  switch (letter) {
    case with_slab: return model.with_slab_correction(true);
    case without_slab: return model.with_slab_correction(false);
    case in_background: return model.with_background();
  }
  throw Error("asked for an unknown variant of the model");
}

std::string describe(Potential const& model) {
  auto const contents = model.contents();
  auto value = Value::object();
  value["name"] = model.name();
  value["identity"] = model.identity();
  value["cutoff"] = model.cutoff();
  value["elements"] = Value::array();
  for (int const z : model.elements()) value["elements"].push_back(z);
  value["fixed_charges"] = model.fixed_charges();
  value["contents"] = Value::Array{contents.bonds, contents.charges, contents.dispersion, contents.core, contents.learned};
  value["batch_edges"] = model.batch_edges();
  value["about"] = model.about();
  return value.dump();
}

}  // namespace

struct DeviceServer::State {
  State(std::shared_ptr<DeviceQueue> shared, std::filesystem::path const& socket)
      : queue(std::move(shared)), listener(Listener::at_file(socket)) {
    doorkeeper = std::thread([this] { accept(); });
  }
  ~State() {
    stop = true;
    doorkeeper.join();
    for (auto& caller : callers) caller.channel.shut();
    for (auto& caller : callers) caller.thread.join();
  }

  struct Caller {
    Channel channel;
    std::thread thread;
  };

  void accept() {
    constexpr double look_up_s = 0.1;  // how late the end of the server is seen
    while (!stop) {
      if (auto channel = listener.accept(Deadline(look_up_s))) {
        auto& caller = callers.emplace_back();
        caller.channel = std::move(*channel);
        caller.thread = std::thread([this, &caller] { attend(caller.channel); });
      }
    }
  }

  /// Until the caller leaves; what it says wrong ends its connection and nobody else's.
  void attend(Channel& channel) {
    try {
      while (auto const message = detail::receive_message(channel)) detail::send_message(channel, answer_to(*message));
    } catch (std::exception const&) {  // it is gone
    }
    channel.shut();
  }

  std::string answer_to(std::string const& message) {
    auto const said = [](char outcome, char const* what) {
      MessageWriter writer;
      writer.number(outcome);
      writer.text(what);
      return writer.bytes();
    };
    try {
      return try_to_answer(message);
    } catch (InputError const& error) {
      return said(refused, error.what());
    } catch (std::exception const& error) {
      return said(failed, error.what());
    }
  }

  std::string try_to_answer(std::string const& message) {
    MessageReader reader(message);
    auto const question = reader.number<char>();
    auto const model = variant(reader.text());
    MessageWriter writer;
    writer.number(answered);
    if (question == describe_model) {
      writer.text(model ? describe(*model) : "");
    } else if (question == expected_work_of) {
      writer.number(model->expected_work(detail::read_structure(reader)));
    } else if (question == evaluate_these) {
      std::vector<Crystal> crystals(static_cast<std::size_t>(reader.number<std::uint32_t>()));
      for (auto& crystal : crystals) crystal = detail::read_structure(reader);
      for (auto const& result : queue->evaluate(*model, std::move(crystals))) detail::write(writer, result);
    } else {
      throw Error("asked what a shared device does not know");
    }
    return writer.bytes();
  }

  /// Null where the model has no such variant. One object for all callers, so that their structures can be joined.
  std::shared_ptr<Potential const> variant(std::string const& letters) {
    std::scoped_lock const lock(mutex);
    if (auto const found = variants.find(letters); found != variants.end()) return found->second;
    auto model = std::shared_ptr<Potential const>(queue, &queue->model());
    for (char const letter : letters) {
      if (model) model = derived(*model, letter);
    }
    return variants.emplace(letters, std::move(model)).first->second;
  }

  std::shared_ptr<DeviceQueue> queue;
  Listener listener;
  std::atomic<bool> stop = false;
  std::mutex mutex;
  std::map<std::string, std::shared_ptr<Potential const>> variants;
  std::list<Caller> callers;  // of the doorkeeper until it has ended
  std::thread doorkeeper;
};

DeviceServer::DeviceServer(std::shared_ptr<DeviceQueue> queue, std::filesystem::path const& socket)
    : state_(std::make_unique<State>(std::move(queue), socket)) {}
DeviceServer::~DeviceServer() = default;

namespace {

/// One question at a time.
class Line {
 public:
  explicit Line(Channel channel) : channel_(std::move(channel)) {}

  /// What stands behind the outcome. @throws InputError or Error as the model did
  std::string ask(std::string const& question) {
    std::scoped_lock const lock(mutex_);
    auto const message = exchange(question);
    MessageReader reader(message);
    auto const outcome = reader.number<char>();
    if (outcome == answered) return message.substr(1);
    auto const why = reader.text();
    require(outcome != refused, why);
    throw Error(why);
  }

 private:
  std::string exchange(std::string const& question) {
    try {
      detail::send_message(channel_, question);
      if (auto message = detail::receive_message(channel_)) return std::move(*message);
    } catch (Error const& error) {
      throw Error(concat("the rank that owns the device ", error.what()));
    }
    throw Error("the rank that owns the device closed the connection");
  }

  std::mutex mutex_;
  Channel channel_;
};

class RemoteModel final : public Potential {
 public:
  RemoteModel(std::shared_ptr<Line> line, std::string variant, std::string const& description)
      : line_(std::move(line)), variant_(std::move(variant)), facts_(Value::parse_json(description, "a shared device")) {}

  Evaluation evaluate(Crystal const& crystal) const override {
    auto result = std::move(evaluate_many({&crystal, 1}, 1).front());
    require(result.refusal.empty(), result.refusal);
    return std::move(result.evaluation);
  }
  std::vector<BatchResult> evaluate_many(std::span<Crystal const> crystals, int) const override {
    if (crystals.empty()) return {};
    auto question = begin(evaluate_these);
    question.number(static_cast<std::uint32_t>(crystals.size()));
    for (auto const& crystal : crystals) detail::write(question, crystal);
    auto const bytes = line_->ask(question.bytes());
    MessageReader reader(bytes);
    std::vector<BatchResult> results(crystals.size());
    for (auto& result : results) result = detail::read_result(reader);
    return results;
  }
  double expected_work(Crystal const& crystal) const override {
    auto question = begin(expected_work_of);
    detail::write(question, crystal);
    auto const bytes = line_->ask(question.bytes());
    return MessageReader(bytes).number<double>();
  }
  std::string name() const override { return facts_.at("name").as_string(); }
  std::string identity() const override { return facts_.at("identity").as_string(); }
  double cutoff() const override { return facts_.at("cutoff").as_number(); }
  std::vector<int> elements() const override {
    std::vector<int> elements;
    for (auto const& z : facts_.at("elements").as_array()) elements.push_back(static_cast<int>(z.as_integer()));
    return elements;
  }
  bool fixed_charges() const override { return facts_.at("fixed_charges").as_bool(); }
  Contents contents() const override {
    auto const has = [&](std::size_t k) { return facts_.at("contents").as_array().at(k).as_bool(); };
    return {has(0), has(1), has(2), has(3), has(4)};
  }
  bool concurrent() const override { return false; }  // one line to the device
  double batch_edges() const override { return facts_.at("batch_edges").as_number(); }
  Value about() const override { return facts_.at("about"); }
  std::shared_ptr<Potential const> with_slab_correction(bool on) const override { return derive(on ? with_slab : without_slab); }
  std::shared_ptr<Potential const> with_background() const override { return derive(in_background); }

  static std::shared_ptr<Potential const> make(std::shared_ptr<Line> line, std::string const& variant) {
    auto const bytes = line->ask(begin(describe_model, variant).bytes());
    auto const description = MessageReader(bytes).text();
    if (description.empty()) return nullptr;
    return std::make_shared<RemoteModel>(std::move(line), variant, description);
  }

 private:
  static MessageWriter begin(char question, std::string const& variant) {
    MessageWriter writer;
    writer.number(question);
    writer.text(variant);
    return writer;
  }
  MessageWriter begin(char question) const { return begin(question, variant_); }
  std::shared_ptr<Potential const> derive(char letter) const { return make(line_, variant_ + letter); }

  std::shared_ptr<Line> line_;
  std::string variant_;
  Value facts_;
};

}  // namespace

std::shared_ptr<Potential const> connect_to_device(std::filesystem::path const& socket, double seconds) {
  return RemoteModel::make(std::make_shared<Line>(connect_to_file(socket, Deadline(seconds))), "");
}

}  // namespace nacre
