#include "api/transfers.h"

#include <curl/curl.h>

#include <charconv>
#include <map>
#include <string_view>

#include "base/check.h"

namespace kd {
namespace {

constexpr std::size_t kMaxBodyBytes = 64U << 20;

struct Transfer {
  Transfers::Result result;
  std::optional<Micros> date;
  std::chrono::seconds age{0};  // of an answer out of a cache
  curl_slist* headers = nullptr;
};

std::size_t take_body(char* data, std::size_t size, std::size_t count, void* user) {
  auto& body = static_cast<Transfer*>(user)->result.body;
  if (body.size() + size * count > kMaxBodyBytes) return 0;
  body.append(data, size * count);
  return size * count;
}

// Lower case, as HTTP/2 sends it and HTTP/1.1 may not.
bool names(std::string_view line, std::string_view name) {
  if (line.size() <= name.size() || line[name.size()] != ':') return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if ((line[i] | 0x20) != name[i]) return false;
  }
  return true;
}

std::string value_of(std::string_view line) {
  line.remove_prefix(line.find(':') + 1);
  while (!line.empty() && line.front() == ' ') line.remove_prefix(1);
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
  return std::string(line);
}

std::size_t take_header(char* data, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::string_view line(data, size * count);
  if (names(line, "date")) {
    const auto seconds = curl_getdate(value_of(line).c_str(), nullptr);
    if (seconds >= 0) transfer.date = Micros(std::chrono::seconds(seconds));
  } else if (names(line, "age")) {
    const auto text = value_of(line);
    std::int64_t seconds = 0;
    std::from_chars(text.data(), text.data() + text.size(), seconds);
    transfer.age = std::chrono::seconds(seconds);
  }
  return size * count;
}

}  // namespace

struct Transfers::Impl {
  explicit Impl(const Options& o) : options(o), multi(curl_multi_init()) {
    KD_CHECK(multi != nullptr);
    curl_multi_setopt(multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
    curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, options.max_connections);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, options.max_connections);
  }
  ~Impl() {
    for (auto& [handle, transfer] : running) {
      curl_multi_remove_handle(multi, handle);
      curl_slist_free_all(transfer->headers);
      curl_easy_cleanup(handle);
    }
    for (auto* const handle : idle) curl_easy_cleanup(handle);
    curl_multi_cleanup(multi);
  }

  void configure(CURL* handle, const Call& call, Transfer& transfer) const;
  Result finish(CURL* handle, CURLcode code);

  const Options options;
  CURLM* multi;
  std::map<CURL*, std::unique_ptr<Transfer>> running;
  std::vector<CURL*> idle;
};

void Transfers::Impl::configure(CURL* handle, const Call& call, Transfer& transfer) const {
  curl_easy_setopt(handle, CURLOPT_URL, call.url.c_str());
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(call.timeout.count()));
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_QUICK_EXIT, 1L);  // a name server that is away stops nobody
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  curl_easy_setopt(handle, CURLOPT_ACCEPT_ENCODING, "");
  if (!options.ca_file.empty()) curl_easy_setopt(handle, CURLOPT_CAINFO, options.ca_file.c_str());
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, &transfer);
  for (const auto& [name, value] : call.headers) {
    transfer.headers = curl_slist_append(transfer.headers, (name + ": " + value).c_str());
  }
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, transfer.headers);
}

Transfers::Result Transfers::Impl::finish(CURL* handle, CURLcode code) {
  const auto found = running.find(handle);
  KD_CHECK(found != running.end());
  const auto transfer = std::move(found->second);
  running.erase(found);
  auto& result = transfer->result;
  result.received = wall_now();
  if (code == CURLE_OK) {
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    result.status = static_cast<int>(status);
    const char* type = nullptr;
    curl_easy_getinfo(handle, CURLINFO_CONTENT_TYPE, &type);
    if (type != nullptr) result.content_type = type;
    if (const auto date = transfer->date) result.server_date = *date + transfer->age;
  } else {
    result.problem = curl_easy_strerror(code);
    result.body.clear();
  }
  curl_multi_remove_handle(multi, handle);
  curl_slist_free_all(transfer->headers);
  curl_easy_reset(handle);
  idle.push_back(handle);
  return std::move(result);
}

Transfers::Transfers(const Options& options) : impl_(std::make_unique<Impl>(options)) {}
Transfers::~Transfers() = default;

void Transfers::start(const Call& call) {
  auto& self = *impl_;
  CURL* handle = nullptr;
  if (self.idle.empty()) {
    handle = curl_easy_init();
    KD_CHECK(handle != nullptr);
  } else {
    handle = self.idle.back();
    self.idle.pop_back();
  }
  auto transfer = std::make_unique<Transfer>();
  transfer->result.id = call.id;
  transfer->result.requested = wall_now();
  self.configure(handle, call, *transfer);
  self.running.emplace(handle, std::move(transfer));
  curl_multi_add_handle(self.multi, handle);
}

std::size_t Transfers::under_way() const { return impl_->running.size(); }

std::vector<Transfers::Result> Transfers::run(std::chrono::milliseconds longest) {
  auto& self = *impl_;
  std::vector<Result> results;
  int running = 0;
  curl_multi_perform(self.multi, &running);
  if (static_cast<std::size_t>(running) == self.running.size()) {
    curl_multi_poll(self.multi, nullptr, 0, static_cast<int>(longest.count()), nullptr);
    curl_multi_perform(self.multi, &running);
  }
  int left = 0;
  while (auto* const message = curl_multi_info_read(self.multi, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    results.push_back(self.finish(message->easy_handle, message->data.result));
  }
  return results;
}

void Transfers::wake() { curl_multi_wakeup(impl_->multi); }

}  // namespace kd
