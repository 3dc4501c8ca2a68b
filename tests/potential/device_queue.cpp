#include "nacre/potential/device_queue.hpp"

#include <atomic>
#include <latch>
#include <mutex>
#include <thread>

#include "nacre/core/channel.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/parallel_for.hpp"
#include "support/lennard_jones.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

/// A processor that acts as a device: it joins structures, takes turns, and notes who evaluates with whom.
class Device final : public Potential {
 public:
  Evaluation evaluate(Crystal const& crystal) const override { return model_.evaluate(crystal); }
  std::vector<BatchResult> evaluate_many(std::span<Crystal const> crystals, int) const override {
    std::scoped_lock const turn(mutex_);
    if (opening_) opening_->wait();
    batches.push_back(crystals.size());
    std::vector<BatchResult> results(crystals.size());
    for (std::size_t k = 0; k < crystals.size(); ++k) {
      if (crystals[k].numbers[0] == 92) throw Error("it broke on uranium");
      if (crystals[k].numbers[0] == 1)
        results[k].refusal = "no hydrogen";
      else
        results[k].evaluation = model_.evaluate(crystals[k]);
    }
    return results;
  }
  std::string name() const override { return "device"; }
  std::string identity() const override { return model_.identity(); }
  double cutoff() const override { return model_.cutoff(); }
  std::vector<int> elements() const override { return model_.elements(); }
  double expected_work(Crystal const&) const override { return 1.0; }
  double batch_edges() const override { return 4.0; }  // four structures
  std::optional<double> device_seconds() const override { return 0.0; }
  std::shared_ptr<Potential const> with_slab_correction(bool on) const override {
    return on ? std::make_shared<test::LennardJones>() : nullptr;
  }

  std::latch* opening_ = nullptr;  ///< the first batch waits for it
  mutable std::vector<std::size_t> batches;

 private:
  test::LennardJones model_;
  mutable std::mutex mutex_;
};

Crystal cell(int k) {
  auto crystal = test::make_fcc(3.7 + 0.02 * k);
  crystal.positions.col(1).x() += 0.01 * k;
  crystal.name = std::to_string(k);
  return crystal;
}

void expect_same(Evaluation const& found, Evaluation const& expected) {
  EXPECT_EQ(found.energy, expected.energy);
  EXPECT_EQ(found.forces, expected.forces);
  EXPECT_EQ(found.atom_energies, expected.atom_energies);
  EXPECT_EQ(*found.stress, *expected.stress);
  EXPECT_EQ(found.edges, expected.edges);
}

TEST(DeviceQueue, gives_every_caller_its_own_results) {
  auto const queue = std::make_shared<DeviceQueue>(std::make_shared<Device>());
  auto const model = share_model(queue);

  parallel_for(24, 6, [&](std::size_t k) {
    std::vector<Crystal> const crystals{cell(static_cast<int>(k)), cell(static_cast<int>(k) + 1)};
    auto const results = model->evaluate_many(crystals, 1);
    ASSERT_EQ(results.size(), 2u);
    for (std::size_t i = 0; i < 2; ++i) expect_same(results[i].evaluation, Device().evaluate(crystals[i]));
  });

  EXPECT_EQ(queue->use().structures, 48);
  EXPECT_EQ(model->identity(), Device().identity());
  EXPECT_EQ(model->name(), "device");
}

TEST(DeviceQueue, joins_what_waits_while_the_device_is_busy) {
  auto const device = std::make_shared<Device>();
  std::latch opening(1);
  device->opening_ = &opening;
  auto const queue = std::make_shared<DeviceQueue>(device);
  auto const ask = [&](int k) { queue->evaluate(*device, {cell(k)}); };
  std::vector<std::thread> callers;
  for (int k = 0; k < 8; ++k) callers.emplace_back(ask, k);
  while (queue->use().asked < 8) std::this_thread::yield();
  EXPECT_FALSE(queue->wait_until_idle(0.0));
  opening.count_down();
  for (auto& caller : callers) caller.join();

  std::size_t structures = 0, largest = 0;
  for (auto const size : device->batches) structures += size, largest = std::max(largest, size);
  EXPECT_EQ(structures, 8u);
  EXPECT_GE(largest, 3u);  // where one thread or both took less, four or more waited
  EXPECT_TRUE(queue->wait_until_idle(10.0));
  EXPECT_LE(largest, 4u);  // what the model evaluates best at once
}

TEST(DeviceQueue, fails_the_structure_that_breaks_the_model_and_no_other) {
  auto const device = std::make_shared<Device>();
  auto const queue = std::make_shared<DeviceQueue>(device);
  std::atomic<int> broken = 0, refused = 0, done = 0;

  parallel_for(30, 6, [&](std::size_t k) {
    auto crystal = cell(static_cast<int>(k));
    if (k % 3 == 0) crystal.numbers[0] = 92;
    if (k % 3 == 1) crystal.numbers[0] = 1;
    try {
      auto const results = queue->evaluate(*device, {crystal});
      ++(results.front().refusal.empty() ? done : refused);
    } catch (Error const& error) {
      EXPECT_STREQ(error.what(), "it broke on uranium");
      ++broken;
    }
  });

  EXPECT_EQ(broken, 10);
  EXPECT_EQ(refused, 10);
  EXPECT_EQ(done, 10);
}

TEST(DeviceQueue, calls_a_model_that_takes_no_turns_from_one_thread) {
  auto const queue = std::make_shared<DeviceQueue>(make_potential("lj:0.1,2.5"));
  auto const model = share_model(queue);

  parallel_for(12, 4, [&](std::size_t k) {
    expect_same(model->evaluate(cell(static_cast<int>(k))), queue->model().evaluate(cell(static_cast<int>(k))));
  });

  auto const use = queue->use();
  EXPECT_EQ(use.structures, 12);
  EXPECT_GT(use.busy_s, 0.0);
  EXPECT_LE(use.busy_share(), 1.0);
  EXPECT_NE(queue->report().find("12 structures in"), std::string::npos) << queue->report();
}

/// A queue with a server, as the rank that owns a device has them.
class SharedDevice : public testing::Test {
 protected:
  std::shared_ptr<Device> device_ = std::make_shared<Device>();
  std::shared_ptr<DeviceQueue> queue_ = std::make_shared<DeviceQueue>(device_);
  test::TemporaryFolder folder_;
  std::filesystem::path socket_ = folder_.path() / "device";
  std::unique_ptr<DeviceServer> server_ = std::make_unique<DeviceServer>(queue_, socket_);
};

TEST_F(SharedDevice, serves_two_callers_and_its_owner_with_the_same_bits) {
  std::vector<std::shared_ptr<Potential const>> const ranks{share_model(queue_), connect_to_device(socket_),
                                                            connect_to_device(socket_)};
  parallel_for(3, 3, [&](std::size_t rank) {
    for (int k = 0; k < 10; ++k) {
      auto const crystal = cell(static_cast<int>(rank) + 3 * k);
      expect_same(ranks[rank]->evaluate(crystal), device_->evaluate(crystal));
    }
  });

  EXPECT_EQ(queue_->use().structures, 30);
}

TEST_F(SharedDevice, says_of_its_model_what_the_model_says) {
  auto const model = connect_to_device(socket_);

  EXPECT_EQ(model->name(), "device");
  EXPECT_EQ(model->identity(), device_->identity());
  EXPECT_EQ(model->cutoff(), device_->cutoff());
  EXPECT_EQ(model->elements(), device_->elements());
  EXPECT_EQ(model->batch_edges(), 4.0);
  EXPECT_EQ(model->expected_work(cell(0)), 1.0);
  EXPECT_EQ(model->about().dump(), device_->about().dump());
  EXPECT_TRUE(model->contents().bonds);
  EXPECT_FALSE(model->contents().charges);
  EXPECT_EQ(model->with_background(), nullptr);
  EXPECT_EQ(model->with_slab_correction(false), nullptr);
  ASSERT_NE(model->with_slab_correction(true), nullptr);
  EXPECT_EQ(model->with_slab_correction(true)->name(), "lennard-jones");
  EXPECT_EQ(model->with_slab_correction(true)->evaluate(cell(1)).energy, device_->evaluate(cell(1)).energy);
}

TEST_F(SharedDevice, hands_refusals_and_failures_to_the_caller_who_goes_on) {
  auto const model = connect_to_device(socket_);
  auto strange = cell(0), breaking = cell(0);
  strange.numbers[0] = 1;
  breaking.numbers[0] = 92;

  EXPECT_EQ(model->evaluate_many(std::vector{strange, cell(1)}, 1).front().refusal, "no hydrogen");
  EXPECT_THROW(model->evaluate(strange), InputError);
  EXPECT_THROW(model->evaluate(breaking), Error);
  expect_same(model->evaluate(cell(2)), device_->evaluate(cell(2)));
}

TEST_F(SharedDevice, tells_a_caller_that_it_is_gone) {
  auto const model = connect_to_device(socket_);
  server_.reset();

  try {
    model->evaluate(cell(0));
    FAIL() << "evaluated";
  } catch (Error const& error) {
    EXPECT_NE(std::string(error.what()).find("the rank that owns the device"), std::string::npos) << error.what();
  }
}

TEST_F(SharedDevice, hangs_up_on_who_speaks_nonsense) {
  auto nonsense = connect_to_file(socket_, Deadline(10.0));
  nonsense.send("GET / HTTP/1.1\r\n\r\n", Deadline(10.0));

  EXPECT_EQ(nonsense.receive_or_end(1, Deadline(10.0)), std::nullopt);
  expect_same(connect_to_device(socket_)->evaluate(cell(0)), device_->evaluate(cell(0)));
}

}  // namespace
}  // namespace nacre
