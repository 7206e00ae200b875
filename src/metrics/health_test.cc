#include "metrics/health.h"

#include <gmock/gmock.h>

namespace kd {
namespace {

using namespace std::chrono_literals;

TEST(HealthTest, TheWorstComponentWins) {
  HealthReport report;
  EXPECT_EQ(overall_health(report), "healthy");
  report["database"] = {};
  report["sockets"] = {.status = "degraded", .detail = "", .figures = {}};
  EXPECT_EQ(overall_health(report), "degraded");
  EXPECT_EQ(health_status(report), 200);
  report["database"].status = "unhealthy";
  EXPECT_EQ(overall_health(report), "unhealthy");
  EXPECT_EQ(health_status(report), 503);
}

TEST(HealthTest, WritesOneDocumentedShape) {
  const HealthReport report = {
      {"database", {.status = "healthy", .detail = "say \"hi\"", .figures = {{"ping_ms", 1.5}}}}};
  EXPECT_EQ(health_json("0.1.0", 12s, report),
            R"({"status":"healthy","version":"0.1.0","uptime_seconds":12,"components":)"
            R"({"database":{"status":"healthy","detail":"say \"hi\"","ping_ms":1.5}}})");
}

TEST(HealthTest, JudgesByLimits) {
  EXPECT_EQ(status_by_limits(99, 100, 500), "healthy");
  EXPECT_EQ(status_by_limits(100, 100, 500), "degraded");
  EXPECT_EQ(status_by_limits(500, 100, 500), "unhealthy");
}

}  // namespace
}  // namespace kd
