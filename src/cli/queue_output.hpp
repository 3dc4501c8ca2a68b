/// The DFT-validation queue for people and for programs.
#pragma once

#include <filesystem>
#include <string>

#include "nacre/core/value.hpp"
#include "nacre/campaign/ledger.hpp"
#include "nacre/dft/queue.hpp"

namespace nacre {

/// Schema nacre.queue/1 (docs/schemas/queue.schema.json).
Value queue_document(dft::Queue const& queue);
/// One calculation with its attempts and the files of the last one.
Value calculation_document(dft::Calculation const& calculation, std::filesystem::path const& campaign);
/// @param state only those in it; empty: all
/// The completeness ledger as a table with its sums.
void print_ledger(Ledger const& ledger);
void print_queue(dft::Queue const& queue, std::string const& state);
void print_calculation(dft::Calculation const& calculation, std::filesystem::path const& campaign);
/// "12 calculations: 3 queued, 9 done".
std::string counts_in_words(dft::Queue const& queue);

}  // namespace nacre
