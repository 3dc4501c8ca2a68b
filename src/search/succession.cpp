#include "succession.hpp"

#include <boost/archive/binary_iarchive.hpp>
#include <boost/archive/binary_oarchive.hpp>
#include <boost/serialization/string.hpp>
#include <sstream>

#include "bayes.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/serialize.hpp"

namespace nacre::detail {
namespace {

constexpr Envelope envelope{0x4e535543, 1};  // "NSUC"
constexpr std::int64_t first_proposals = 100;

class Succession final : public Proposer {
 public:
  Succession(std::shared_ptr<Space const> const& space, EngineOptions options)
      : model_(make_bayes(space, options)), swarm_(with_engine(space, options, "swarm")) {}
  std::string name() const override { return "bo, then swarm"; }
  std::optional<Proposal> propose(std::int64_t number, Archive const& archive,
                                  std::set<std::pair<Hash128, Tier>> const& proposed, Rng rng) override {
    if (number < first_proposals) return model_->propose(number, archive, proposed, rng);
    return swarm_->propose(number, archive, proposed, rng);
  }
  void revalue() override {
    model_->revalue();
    swarm_->revalue();
  }
  std::string save() const override;
  void load(std::string const& bytes) override;

 private:
  static std::unique_ptr<Proposer> with_engine(std::shared_ptr<Space const> const& space, EngineOptions options,
                                               std::string engine) {
    options.engine = std::move(engine);
    return make_proposer(space, options);
  }
  std::unique_ptr<Proposer> model_, swarm_;
};

std::string Succession::save() const {
  std::ostringstream bytes;
  {
    boost::archive::binary_oarchive archive(bytes, boost::archive::no_header);
    auto const model = model_->save(), swarm = swarm_->save();
    archive << model << swarm;
  }
  return seal(envelope, bytes.str());
}

void Succession::load(std::string const& bytes) {
  std::istringstream in(open_envelope(envelope, bytes));
  std::string model, swarm;
  try {
    boost::archive::binary_iarchive archive(in, boost::archive::no_header);
    archive >> model >> swarm;
  } catch (boost::archive::archive_exception const& error) {
    throw Error(concat("unusable state of an engine (", error.what(), ")"));
  }
  model_->load(model);
  swarm_->load(swarm);
}

}  // namespace

std::unique_ptr<Proposer> make_succession(std::shared_ptr<Space const> space, EngineOptions const& options) {
  return std::make_unique<Succession>(space, options);
}

}  // namespace nacre::detail
