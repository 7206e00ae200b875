// `kalshi-data universe preview` against an exchange that a test scripts.
#include <gmock/gmock.h>

#include "app/exit_code.h"
#include "app/universe_command.h"
#include "support/scripted_exchange.h"

namespace kd {
namespace {

using testing::HasSubstr;

HttpResponse page(const std::string& tickers, const std::string& cursor) {
  std::string list;
  for (std::size_t at = 0; at < tickers.size(); at += 4) {
    list += (list.empty() ? "" : ",") + (R"({"ticker":"KX)" + tickers.substr(at, 3)) +
            R"(-1","status":"active"})";
  }
  return {
      200, "application/json", R"({"markets":[)" + list + R"(],"cursor":")" + cursor + "\"}", {}};
}

HttpResponse lists(const HttpRequest& request) {
  const auto asked = [&](const char* text) {
    return request.target.find(text) != std::string::npos;
  };
  if (asked("status=open&mve_filter=only")) return page("MVE", "");
  if (!asked("status=open")) return page("", "");
  return asked("cursor=2") ? page("ETH", "") : page("BTC BTD", "2");
}

struct Run {
  int exit_code;
  std::string output;
};
Run preview(UniverseOptions options, const ScriptedExchange& exchange) {
  options.rest_url = exchange.rest_url();
  testing::internal::CaptureStdout();
  const int code = run_universe_preview(options);
  return {code, testing::internal::GetCapturedStdout()};
}

TEST(UniversePreviewCommandTest, ShowsWhatIsSelectedOfAllPages) {
  const ScriptedExchange exchange({.rest = lists, .on_text = {}});
  UniverseOptions options;
  options.include = {"series:KXBT?", "KXMVE"};
  options.combos = {"false"};
  const auto text = preview(options, exchange);
  EXPECT_EQ(text.exit_code, kExitOk);
  EXPECT_THAT(text.output,
              HasSubstr("total                                     4          2    50.0 %"));
  options.json = true;
  const auto json = preview(options, exchange);
  EXPECT_THAT(json.output, HasSubstr(R"("markets":4,"selected":2,"sockets":144)"));
  EXPECT_THAT(json.output, HasSubstr(R"({"series":"KXMVE","markets":1,"selected":0})"));
}

TEST(UniversePreviewCommandTest, SaysWhatIsWrong) {
  const ScriptedExchange exchange({.rest = lists, .on_text = {}});
  UniverseOptions bad_pattern;
  bad_pattern.include = {"serie:KX"};
  EXPECT_EQ(preview(bad_pattern, exchange).exit_code, kExitUsage);
  UniverseOptions no_file;
  no_file.config = "/nonexistent/gatherer.yaml";
  EXPECT_EQ(run_universe_preview(no_file), kExitUsage);
  const ScriptedExchange refusing(
      {.rest = [](const HttpRequest&) { return HttpResponse{401, "application/json", "{}", {}}; },
       .on_text = {}});
  EXPECT_EQ(preview({}, refusing).exit_code, kExitCannotStart);
}

}  // namespace
}  // namespace kd
