#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coverage/interval_set.h"

namespace kd {

// Why a line does not cover a market.
enum class Cause : std::uint8_t {
  kGap,            // frames of its stream were lost, or could not be decoded
  kClose,          // its stream ended
  kLeave,          // it let the market go
  kDrop,           // rows were lost on our side
  kFrozen,         // it fell silent while another line went on
  kKilled,         // its process ended without a word
  kUnproven,       // nothing proves what came after its last watermark
  kNotSubscribed,  // it had no base of the market yet
};
inline constexpr std::size_t kCauses = 8;
std::string_view name_of(Cause cause);  // "gap", …, "not subscribed"

// Bases at or before `to` prove nothing beyond `from`.
struct Loss {
  std::int64_t from = kEver;
  std::int64_t to = kNever;
  Cause cause = Cause::kGap;
  std::string reason;
};

// A row of the ledger as production has it. Times as there; absent is absent.
struct EvidenceRow {
  std::string gatherer;
  std::int64_t stream_id = 0;
  std::int32_t connection = -1;
  std::string channel;
  std::string event;
  std::int64_t at = 0;  // the gatherer's clock
  std::optional<std::int64_t> from;
  std::optional<std::int64_t> to;
  std::string reason;
  std::vector<std::string> tickers;  // empty: all markets of the stream
};

// What a gap or leave row says; nothing for other events.
std::optional<Loss> loss_of(const EvidenceRow& row);

// One subscription of one socket of one gatherer, and what is known of all its markets at once.
struct StreamEvidence {
  std::uint32_t gatherer = 0;
  std::int64_t stream_id = 0;
  std::int32_t connection = -1;
  std::string channel;
  std::optional<std::int64_t> opened_at;  // the gatherer's clock
  std::int64_t proven = 0;                // by its newest watermark
  std::optional<std::int64_t> closed;     // kEver: closed, with nothing proven
  std::string close_reason;
  std::vector<Loss> losses;  // of every market

  std::int64_t end() const;  // covers nothing beyond
};

// The evidence of all lines that is not about single markets. Gatherers and streams have small
// numbers in order of appearance. Rows may come in any order and more than once. Confined to one
// thread.
class EvidenceSet {
 public:
  struct Drop {
    std::string channel;
    Interval when;
    std::string reason;
  };
  struct Gatherer {
    std::string name;
    std::vector<Drop> drops;
    std::vector<std::int64_t> starts;  // of its processes, its clock
  };

  std::uint32_t gatherer(std::string_view name);
  std::uint32_t stream(std::uint32_t gatherer, std::int64_t stream_id);
  std::optional<std::uint32_t> find_stream(std::string_view gatherer, std::int64_t stream_id) const;

  // What a row says of its stream or gatherer; what it says of single markets is the caller's.
  void apply(const EvidenceRow& row);
  void prove(std::string_view gatherer, std::int64_t stream_id, std::int64_t until);
  // Forgets losses that no base can meet any more.
  void set_losses(std::uint32_t stream, std::vector<Loss> losses);

  std::span<const Gatherer> gatherers() const { return gatherers_; }
  std::span<const StreamEvidence> streams() const { return streams_; }
  // Its process ended without closing it, and another began.
  bool killed(const StreamEvidence& stream) const;

 private:
  void apply_to_stream(StreamEvidence& stream, const EvidenceRow& row);

  std::vector<Gatherer> gatherers_;
  std::vector<StreamEvidence> streams_;
  std::map<std::pair<std::uint32_t, std::int64_t>, std::uint32_t> stream_index_;
};

// The evidence about one market's book.
struct MarketEvidence {
  static constexpr std::uint32_t kAllStreams = 0xffffffff;
  struct Base {  // a snapshot
    std::uint32_t stream = 0;
    std::int64_t at = 0;
  };
  struct NamedLoss {
    std::uint32_t gatherer = 0;
    std::uint32_t stream = kAllStreams;
    Loss loss;
  };
  std::vector<Base> bases;
  std::vector<NamedLoss> losses;
  std::vector<std::int64_t> unanswered;  // asked for in vain; the gatherer's clock
};

}  // namespace kd
