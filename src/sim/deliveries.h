#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "sim/clients.h"
#include "sim/feed_event.h"

namespace kd::sim {

// What became of a frame on its way to one subscription.
enum class Fate : std::uint8_t {
  kHandedOver,  // to the socket
  kUncertain,   // to the socket, but so that the client may rightly refuse it
  kWithheld,
  kOverflow,  // withheld, and the subscription is to be ended
};
struct Delivery {
  Fate fate = Fate::kHandedOver;
  std::string_view by = {};  // the fault that withheld it, or made it uncertain
};

// How sure it is that a client did not get a frame.
enum class LossState : std::uint8_t {
  kUnsent,  // it was never handed over
  kLost,    // handed over, and lost with the server's buffer
  kMaybe,   // taken by the operating system, or sent in a way that may be refused
};

// A frame that a client as a whole, over all its connections, did not get or may not have got.
struct Loss {
  FeedKind kind{};
  std::int64_t sending_ms = 0;
  std::int64_t ts_ms = 0;  // kNoTime: the frame has none
  std::string_view ticker;
  std::string_view detail;  // tells it from the others of that ticker and time
  int client = 0;
  std::string_view by;
  LossState state{};
  ClientMask sure = 0, maybe = 0;  // the clients that got it, and that may have, after this
};

// Published frames, and who got them, until that is settled: a frame that was handed to a socket
// can be lost with it. Made for a truth; confined to the loop's thread.
class Deliveries {
 public:
  using Id = std::uint64_t;  // rises by one from frame to frame

  // Begins the next frame; what happens to it follows, then close().
  Id open(const FeedEvent& event, std::int64_t real_ms);
  void note(int client, const Delivery& delivery);
  // The last frame is told from its equals by `detail`, and its ticker is `subject`. Returns what
  // was withheld; the views last until the next frame.
  std::vector<Loss> close(std::string_view subject, std::string detail);

  std::int64_t handed_over_ms(Id id) const;
  // A copy of the frame, handed to the client, went down with its connection. False: nothing
  // changes, another copy arrived.
  bool lose(Id id, int client, bool certain, std::string_view by, Loss& loss);
  // Frames before `id` are settled.
  void forget_before(Id id);
  Id next() const { return first_ + frames_.size(); }

 private:
  struct Copies {
    int client = 0;
    std::uint16_t sure = 0, maybe = 0;
    std::string_view withheld_by, doubted_by;
  };
  struct Frame {
    FeedKind kind{};
    std::int64_t sending_ms = 0, ts_ms = 0, real_ms = 0;
    std::string subject, detail;
    std::vector<Copies> copies;  // by client
  };

  static Copies& of(Frame& frame, int client);
  static Loss loss_of(const Frame& frame, int client, std::string_view by, LossState state);
  static void take_stock(const Frame& frame, Loss& loss);

  Id first_ = 1;
  std::deque<Frame> frames_;
  std::vector<Frame> spare_;  // so that frames keep their memory
};

}  // namespace kd::sim
