#include "nacre/core/error.hpp"
#include "nacre/potential/device_queue.hpp"
#include "wrapped_potential.hpp"

namespace nacre {
namespace {

/// Asks the queue for energies and the model itself for everything else.
class SharedModel final : public detail::WrappedPotential {
 public:
  SharedModel(std::shared_ptr<DeviceQueue> queue, std::shared_ptr<Potential const> model)
      : WrappedPotential(model, model->name()), queue_(std::move(queue)) {}

  Evaluation evaluate(Crystal const& crystal) const override {
    auto result = std::move(queue_->evaluate(inner(), {crystal}).front());
    require(result.refusal.empty(), result.refusal);
    return std::move(result.evaluation);
  }
  Evaluation evaluate_next(Crystal const& crystal, EvaluationState&) const override { return evaluate(crystal); }
  std::vector<BatchResult> evaluate_many(std::span<Crystal const> crystals, int) const override {
    return queue_->evaluate(inner(), {crystals.begin(), crystals.end()});
  }
  bool concurrent() const override { return true; }

 private:
  std::shared_ptr<Potential const> around(std::shared_ptr<Potential const> inner) const override {
    return std::make_shared<SharedModel>(queue_, std::move(inner));
  }
  std::shared_ptr<DeviceQueue> queue_;
};

}  // namespace

std::shared_ptr<Potential const> share_model(std::shared_ptr<DeviceQueue> queue) {
  // the model lives as long as the queue does
  auto model = std::shared_ptr<Potential const>(queue, &queue->model());
  return std::make_shared<SharedModel>(std::move(queue), std::move(model));
}

}  // namespace nacre
