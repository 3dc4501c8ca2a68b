/// The DFT-validation queue of a campaign: requests in, labels out.
///
/// `nacre run` writes requests into campaign.db; `nacre queue work` reads its published copy, works through them
/// (dft/worker.hpp) and drops each label into inbox/, from where the holder of the campaign takes it in as an external
/// event. When no run holds the campaign, the worker holds it for that moment itself.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "nacre/campaign/config.hpp"
#include "nacre/campaign/domain.hpp"
#include "nacre/campaign/ranking.hpp"
#include "nacre/campaign/store.hpp"
#include "nacre/core/api.hpp"
#include "nacre/dft/kinds.hpp"
#include "nacre/dft/queue.hpp"
#include "nacre/dft/worker.hpp"

namespace nacre {

/// The jobs of candidates, layers, bulks, proxies and hops.
class NACRE_API DftStructures {
 public:
  explicit DftStructures(CampaignConfig config) : config_(std::move(config)) {}
  /// @throws InputError if there are no such atoms
  dft::Job job(dft::Request const& request) const;
  /// Opens the published copy again if it is a new one.
  Store const& published() const;

 private:
  dft::Job hop_job(dft::Job job, dft::Request const& request) const;
  Design design_of(std::string const& hex) const;
  Domain const& domain() const;

  CampaignConfig config_;
  mutable std::unique_ptr<Domain> domain_;
  mutable std::unique_ptr<Store> store_;
  mutable std::filesystem::file_time_type opened_{};
};

/// Decks, verdicts and remedies for the calculations of a campaign. `deliver` tidies up after a label, no more.
NACRE_API dft::WorkerHooks dft_hooks(CampaignConfig const& config, std::shared_ptr<DftStructures const> structures);
NACRE_API dft::WorkerOptions worker_options(CampaignConfig const& config);
/// @throws InputError for executor "replay", which needs no worker
NACRE_API std::unique_ptr<dft::Executor> make_executor(CampaignConfig const& config);

/// A label as it comes through the inbox: JSON. @throws InputError for what is missing or no number
NACRE_API StoredLabel label_from(std::string const& payload);
/// What the journal keeps of a label: no time, no host.
NACRE_API std::string label_event(StoredLabel const& label);

/// The worker of a campaign. Holds dft/campaign.lock, so there is one.
class NACRE_API DftQueue {
 public:
  /// @throws Error if another worker holds the queue
  DftQueue(CampaignConfig const& config, bool take_over = false);
  ~DftQueue();
  dft::Worker& worker() { return *worker_; }
  /// Takes in requests and wishes, follows the jobs, hands labels over.
  dft::PassReport pass(bool submit);

 private:
  void take_requests();
  void take_wishes();
  void settle_inbox();

  CampaignConfig config_;
  std::shared_ptr<DftStructures const> structures_;
  std::unique_ptr<CampaignLock> lock_;
  std::unique_ptr<dft::Worker> worker_;
  bool labels_wait_ = true;  ///< of an earlier worker, maybe
};

/// "cancel", "retry" or "add" with its payload, for the worker that runs now or next.
NACRE_API void wish(std::filesystem::path const& campaign, std::string const& kind, Value const& payload);
/// Whether a worker holds the queue; nothing if that cannot be told.
NACRE_API std::optional<bool> queue_is_worked(std::filesystem::path const& campaign);

/// The queue as everybody sees it: dft/queue.log and the requests that no worker has read yet.
NACRE_API dft::Queue queue_view(std::filesystem::path const& campaign, Store const& store);
/// Calculations by state, those without any left out.
NACRE_API std::vector<std::pair<std::string, std::int64_t>> queue_counts(dft::Queue const& queue);

/// A candidate that a campaign asks for.
struct DftWish {
  std::size_t group = 0;  ///< of the ranking
  double priority = 0.0;
  std::string why = {};
};
/// Variance of the difference of two designs' true values in the first objective, by index: what the potential tier
/// leaves open, and how differently it may be off for the two.
using VarianceOfDifference = std::function<double(std::size_t, std::size_t)>;
/// So many candidates in all that `limit` have been asked for: those asked for before (`asked`, ids of designs), with
/// new priorities, then those with the largest expected gain per work, and the share `explore` of the limit drawn at
/// random. Of candidates with one energy one is chosen.
NACRE_API std::vector<DftWish> choose_for_dft(CampaignConfig const& config, Problem const& problem,
                                              Ranking const& ranking, std::span<EvaluatedDesign const* const> designs,
                                              std::size_t limit, VarianceOfDifference const& variance,
                                              std::set<std::string> const& asked = {});
/// The domain of a campaign whose set-up is done. @throws InputError otherwise
NACRE_API std::unique_ptr<Domain> domain_from(CampaignConfig const& config, Store const& store);
/// Untwisted cells of at most [dft] max_atoms that stand for a candidate. @throws InputError if there are none
NACRE_API std::vector<dft::Proxy> proxies_of(CampaignConfig const& config, Domain const& domain, Design const& design);
/// The requests for one candidate: itself (proxies, if it is larger than max_atoms), its layers where it has outer
/// surfaces, the bulks of its materials, its hops. Their names: DESIGN, DESIGN:LAYER, DESIGN:proxy:SHIFT,
/// DESIGN:proxy:0:LAYER, DESIGN:hop:N, bulk:NAME.
NACRE_API std::vector<QueueRequest> requests_for(CampaignConfig const& config, Domain const& domain,
                                                 EvaluatedDesign const& design, double priority,
                                                 std::string const& why = {});
/// The files of the first attempt, as they would be written now. @throws InputError if no deck can be made
NACRE_API std::map<std::string, std::string> first_deck(CampaignConfig const& config,
                                                        dft::Calculation const& calculation);

/// What a request "DESIGN:hop:N" is about; nothing if the campaign has no such hop.
NACRE_API std::optional<StoredHop> stored_hop(Store const& store, std::string const& design);

/// What the dft tier says of a candidate: its labels level by level, its hops, and proxies that stand for its contact.
NACRE_API Value dft_of_candidate(CampaignConfig const& config, Store const& store, std::string const& design);

/// Schema nacre.dft_ranking/1: labels of one level ranked by the energy of their contact. Energies that may not be
/// compared are in groups of their own, with the largest group first. Proxies are never ranked; hops have their
/// barriers.
NACRE_API Value dft_ranking(CampaignConfig const& config, Store const& store, std::string const& level,
                            std::string const& code);

}  // namespace nacre
