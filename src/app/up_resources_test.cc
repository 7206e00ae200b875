#include "app/up_resources.h"

#include <gmock/gmock.h>

#include "codec/flat_json.h"

namespace kd {
namespace {

UpSample sample(double cpu_seconds, std::int64_t rss, int spill) {
  UpSample at;
  at.usage["gatherer-1"] = {cpu_seconds, rss};
  at.gatherers["gatherer-1"] =
      *Exposition::parse("writer_spill_bytes{writer=\"trades\"} " + std::to_string(spill) + "\n");
  return at;
}

TEST(UpResourcesTest, TheMostOfEachIsKept) {
  UpResources resources;
  resources.note(sample(1, 500, 7));
  resources.note(sample(2, 900, 90));
  resources.note(sample(3, 900, 0));
  UpSample databases;
  databases.usage["database production"] = {4, 0};
  resources.note(databases);
  const auto flat = flatten_json(resources_json(resources.processes()));
  ASSERT_TRUE(flat) << flat.error().what;
  EXPECT_EQ(flat->at("gatherer-1.cpu_seconds"), "3.0");
  EXPECT_EQ(flat->at("gatherer-1.peak_rss_bytes"), "900");
  EXPECT_EQ(flat->at("gatherer-1.spill_peak_bytes"), "90");
  EXPECT_FALSE(flat->contains("gatherer-1.tape_bytes")) << "it has none";
  EXPECT_EQ(flat->at("database production.cpu_seconds"), "4.0");
  EXPECT_FALSE(flat->contains("database production.peak_rss_bytes")) << "shared with its children";
  EXPECT_THAT(resources_text(resources.processes()), testing::HasSubstr("spill up to"));
}

}  // namespace
}  // namespace kd
