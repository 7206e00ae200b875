#include "sim_world.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "codec/flat_json.h"
#include "support/eventually.h"
#include "support/silent_log.h"

namespace kd {

namespace {

// "0.4300" with `digits` behind the point wanted: 43000 for 5.
std::string scaled(std::string text, std::size_t digits) {
  const auto point = text.find('.');
  const bool negative = text.starts_with('-');
  std::string number = text.substr(negative ? 1 : 0, point - (negative ? 1 : 0));
  number += text.substr(point + 1);
  number.append(digits - (text.size() - point - 1), '0');
  return (negative ? "-" : "") + std::to_string(std::stoll(number));
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, separator);) parts.push_back(part);
  return parts;
}

std::string key_of(const std::string& ts, const std::string& ticker, const std::string& side,
                   const std::string& price, const std::string& size) {
  return ts + " " + ticker + " " + side + " " + price + " " + size;
}

}  // namespace

Watcher::Watcher(std::uint16_t port, const std::string& key_id, int receive_buffer_bytes,
                 const RawClient::Headers& headers)
    : client(port, receive_buffer_bytes) {
  upgrade_status = client.upgrade(key_id, headers).status;
}

void Watcher::subscribe(const std::vector<std::string>& tickers, bool trades) {
  std::string list;
  for (const auto& ticker : tickers) list += (list.empty() ? "\"" : ",\"") + ticker + "\"";
  client.send_text(R"({"id":1,"cmd":"subscribe","params":{"channels":["orderbook_delta"],)"
                   R"("use_yes_price":false,"market_tickers":[)" +
                   list + "]}}");
  if (trades) client.send_text(R"({"id":2,"cmd":"subscribe","params":{"channels":["trade"]}})");
}

bool Watcher::read_one(std::chrono::milliseconds patience) {
  const auto text = client.next_text(patience);
  if (text) take(*text);
  return text.has_value();
}

bool Watcher::read_until(const std::function<bool()>& enough) {
  while (!enough()) {
    if (!read_one()) return false;
  }
  return true;
}

bool Watcher::catch_up() {
  const std::string id = std::to_string(++commands_);
  client.send_text("{\"id\":" + id + R"(,"cmd":"list_subscriptions"})");
  return read_until(
      [&] { return !texts.empty() && texts.back().starts_with("{\"id\":" + id + ","); });
}

void Watcher::take(const std::string& text) {
  texts.push_back(text);
  const auto flat = flatten_json(text);
  if (!flat) return;
  const auto at = [&](const char* key) {
    const auto found = flat->find(key);
    return found == flat->end() ? std::string() : found->second;
  };
  const std::string type = at("type");
  if (type == "error") errors.push_back(std::stoi(at("msg.code")));
  if (type == "orderbook_snapshot") ++snapshots;
  if (!at("seq").empty()) {
    auto& last = last_seq_[at("sid")];
    const std::int64_t seq = std::stoll(at("seq"));
    if (seq <= last) ++repeats;
    if (last != 0 && seq > last + 1) ++holes;
    const bool again = seq <= last;
    last = std::max(last, seq);
    if (again) return;
  }
  if (type != "orderbook_delta" || at("msg.market_ticker").empty()) return;
  deltas.insert(key_of(at("msg.ts_ms"), at("msg.market_ticker"), at("msg.side"),
                       scaled(at("msg.price_dollars"), 5), scaled(at("msg.delta_fp"), 2)));
}

void SimWorld::SetUp() {
  dir_ = testing::TempDir() + "kd_sim_world_" + std::to_string(::getpid());
  std::filesystem::remove_all(dir_);
  std::filesystem::create_directories(dir_);
  options_.server.http.port = 0;
  options_.truth_file = dir_ + "/truth.tsv";
  options_.synthetic.markets = 5;
  options_.synthetic.rate = 2000;
  options_.synthetic.churn_share = 0;
  options_.synthetic.combos_per_minute = 0;
}

void SimWorld::TearDown() {
  if (app_) stop();
  std::filesystem::remove_all(dir_);
}

void SimWorld::start() {
  auto app = SimApp::create(options_, silent_logger());
  ASSERT_TRUE(app) << app.error().what;
  app_ = std::move(*app);
  thread_ = std::thread([this] { EXPECT_TRUE(app_->run()); });
}

void SimWorld::stop() {
  app_->stop();
  thread_.join();
  app_.reset();
}

std::string SimWorld::get(const std::string& path) {
  RawClient client(port());
  return client.request("GET", path).body;
}

std::vector<std::string> SimWorld::tickers() {
  const auto flat = flatten_json(get("/trade-api/v2/markets?limit=1000"));
  std::vector<std::string> found;
  for (const auto& [path, value] : *flat) {
    if (path.starts_with("markets[") && path.ends_with("].ticker")) found.push_back(value);
  }
  return found;
}

void SimWorld::order(const std::string& specs) {
  RawClient client(port());
  const auto answer = client.request("POST", "/sim/faults", specs);
  ASSERT_EQ(answer.status, 200) << answer.body;
}

void SimWorld::end_faults() {
  RawClient client(port());
  ASSERT_EQ(client.request("DELETE", "/sim/faults").status, 200);
}

int SimWorld::strikes() {
  const auto flat = flatten_json(get("/sim/faults"));
  return std::stoi(flat->at("faults[0].strikes"));
}

void SimWorld::finish(Watcher& watcher) {
  RawClient client(port());
  EXPECT_EQ(client.request("POST", "/sim/stop-emission").status, 200);
  EXPECT_TRUE(eventually(
      [&] { return get("/sim/status").find("\"state\":\"finished\"") != std::string::npos; }));
  watcher.catch_up();
  stop();
}

std::vector<std::vector<std::string>> SimWorld::truth_lines(const std::string& kind) const {
  std::ifstream file(options_.truth_file);
  std::vector<std::vector<std::string>> lines;
  for (std::string line; std::getline(file, line);) {
    auto fields = split(line, '\t');
    if (fields.front() == kind) lines.push_back(std::move(fields));
  }
  return lines;
}

int SimWorld::withheld(const std::string& fault, const std::string& state) const {
  int count = 0;
  for (const auto& line : truth_lines("W")) {
    count += line[6] == fault && (state.empty() || line[7] == state) ? 1 : 0;
  }
  return count;
}

void SimWorld::expect_truth_of(const Watcher& watcher) const {
  std::multiset<std::string> sent, doubted;
  for (const auto& line : truth_lines("D")) {
    const bool counted = (std::stoull(line[7], nullptr, 16) & 1U) != 0;
    if (counted) sent.insert(key_of(line[1], line[2], line[3], line[4], line[5]));
  }
  for (const auto& line : truth_lines("W")) {
    if (line[4] != "D" || line[5] != "0" || line[7] == "unsent") continue;
    const auto detail = split(line[10], ',');
    const auto key = key_of(line[2], line[3], detail[0], detail[1], detail[2]);
    const auto at = sent.find(key);
    ASSERT_NE(at, sent.end()) << "taken back, but never counted: " << key;
    sent.erase(at);
    if (line[7] == "maybe") doubted.insert(key);
  }
  std::multiset<std::string> got = watcher.deltas;
  for (const auto& key : sent) {
    const auto at = got.find(key);
    ASSERT_NE(at, got.end()) << "sent by the truth, and not received: " << key;
    got.erase(at);
  }
  for (const auto& key : got) {
    const auto at = doubted.find(key);
    ASSERT_NE(at, doubted.end()) << "received, and not sent by the truth: " << key;
    doubted.erase(at);
  }
}

}  // namespace kd
