#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "base/expected.h"
#include "base/time.h"
#include "codec/table.h"
#include "database/connection.h"
#include "database/partitions.h"
#include "writer/exchange_clock.h"
#include "writer/positions.h"
#include "writer/write_plan.h"

namespace kd {

// One table's session with the database: holds the table's writer lock, numbers rows, stores
// them. Confined to the writer's thread. Remedies as in database/connection.h.
class WriterSession {
 public:
  using Clock = std::function<Micros()>;
  WriterSession(Table table, ConnectOptions database, Clock clock,
                const ExchangeClock& exchange_clock);

  // Connects when there is no usable session. kRetry: another gatherer writes the table.
  Expected<void> ready();
  bool connected() const { return connection_ != nullptr; }
  void disconnect() { connection_.reset(); }

  // Rows that this process had committed and that are gone: the database was replaced, or restored,
  // while we ran. By our clock; told once.
  struct Vanished {
    Micros from{};
    Micros to{};
  };
  std::optional<Vanished> take_vanished() { return std::exchange(vanished_, std::nullopt); }

  // How far an earlier process had loaded its spill files; known once ready() has succeeded.
  SpillPlace progress() const { return progress_; }
  Expected<bool> is_stored(std::int64_t position);

  // What has become of one transaction over several tries.
  struct Attempt {
    std::int64_t last_position = -1;  // of its rows; -1: not numbered yet
    bool in_doubt = false;            // the last COMMIT had no answer
  };
  // One transaction: the rows, and with `place` that the spill files are dealt with up to there.
  // After an attempt in doubt first asks what became of it. After ready().
  Expected<void> store(const RowRanges& rows, Attempt& attempt, std::optional<SpillPlace> place);

 private:
  Expected<void> connect();
  Expected<void> look_for_last(Connection& connection);
  std::int64_t number(const RowRanges& rows);
  Expected<void> write(const RowRanges& rows, std::optional<SpillPlace> place);
  Expected<void> move_progress(SpillPlace place);

  const Table table_;
  const ConnectOptions database_;
  const Clock clock_;
  const ExchangeClock& exchange_clock_;
  std::unique_ptr<Connection> connection_;
  std::unique_ptr<Partitions> partitions_;
  Positions positions_{0};
  SpillPlace progress_;
  std::int64_t last_stored_ = 0;  // by this process; 0: nothing
  std::optional<Vanished> vanished_;
};

}  // namespace kd
