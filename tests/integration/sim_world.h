#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "app/sim_app.h"
#include "support/raw_client.h"

namespace kd {

// A client of the simulator that holds every book and all trades, and writes down what it gets.
class Watcher {
 public:
  Watcher(std::uint16_t port, const std::string& key_id, int receive_buffer_bytes = 0,
          const RawClient::Headers& headers = {});

  void subscribe(const std::vector<std::string>& tickers, bool trades = true);
  // Reads until `enough` or the end of the connection; false: the end came first.
  bool read_until(const std::function<bool()>& enough);
  // Reads all that was sent before an answer to a new command.
  bool catch_up();
  bool read_one(std::chrono::milliseconds patience = std::chrono::seconds(60));

  RawClient client;
  int upgrade_status = 0;
  std::vector<std::string> texts;
  std::multiset<std::string> deltas;  // as the truth's D lines have them
  int holes = 0, repeats = 0;         // in the seq of any sid
  int snapshots = 0;
  std::vector<int> errors;  // codes

 private:
  void take(const std::string& text);
  std::map<std::string, std::int64_t> last_seq_;  // by sid
  int commands_ = 100;
};

// exchange-sim in a thread of its own, with a truth; plain, and any key id is believed.
class SimWorld : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  void start();
  std::uint16_t port() const { return app_->port(); }
  std::vector<std::string> tickers();
  std::string get(const std::string& path);
  void order(const std::string& specs);
  void end_faults();
  // How often the first fault ordered has struck.
  int strikes();
  bool struck(int times) { return strikes() >= times; }

  // Ends the emission, lets the watcher read what was sent, and stops the simulator.
  void finish(Watcher& watcher);
  void stop();
  std::vector<std::vector<std::string>> truth_lines(const std::string& kind) const;
  // The watcher, the only connection of client 0, got exactly the changes that the truth says: all
  // those sent, none of those withheld; of those in doubt it may have any.
  void expect_truth_of(const Watcher& watcher) const;
  // Lines W of the fault, all or those of a state.
  int withheld(const std::string& fault, const std::string& state = "") const;

  std::string dir_;
  SimOptions options_;
  std::unique_ptr<SimApp> app_;
  std::thread thread_;
};

}  // namespace kd
