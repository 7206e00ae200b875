#include "net/http_text.h"

#include <gmock/gmock.h>

namespace kd {
namespace {

TEST(HttpRequestReaderTest, ReadsPipelinedRequestsHoweverTheBytesAreCut) {
  const std::string bytes =
      "GET /a?x=1 HTTP/1.1\r\nHost: h\r\nX-Key: v\r\n\r\n"
      "POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello";
  HttpRequestReader reader(100);
  std::vector<HttpRequestReader::Read> got;
  for (const char byte : bytes) {
    reader.feed({&byte, 1});
    while (auto read = reader.next()) got.push_back(std::move(*read));
  }
  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(got[0].request.path(), "/a");
  EXPECT_EQ(got[0].request.query(), "x=1");
  EXPECT_EQ(got[0].request.header("x-key"), "v");
  EXPECT_TRUE(got[0].keep_alive);
  EXPECT_EQ(got[1].request.method, "POST");
  EXPECT_EQ(got[1].request.body, "hello");
  EXPECT_FALSE(got[1].keep_alive);
}

TEST(HttpRequestReaderTest, KnowsAnUpgradeAndLeavesWhatFollowsIt) {
  HttpRequestReader reader(100);
  reader.feed(
      "GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\nFRAMES");
  const auto read = reader.next();
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->upgrade);
  EXPECT_EQ(reader.take_rest(), "FRAMES");
}

TEST(HttpRequestReaderTest, RefusesWhatIsNoRequestOrTooLarge) {
  HttpRequestReader garbage(100);
  garbage.feed("this is not HTTP\r\n\r\n");
  EXPECT_FALSE(garbage.next());
  EXPECT_EQ(garbage.fault(), 400);
  HttpRequestReader large(4);
  large.feed("POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_FALSE(large.next());
  EXPECT_EQ(large.fault(), 413);
  HttpRequestReader chunked(100);
  chunked.feed("POST /b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n\r\n0\r\nabcdefgh\r\n\r\n");
  EXPECT_FALSE(chunked.next());
  EXPECT_EQ(chunked.fault(), 411);
}

TEST(HttpResponseTest, SaysLengthTypeAndWhetherTheConnectionEnds) {
  std::string out;
  append_http_response(out, {404, "text/plain", "no\n", {{"X-A", "b"}}}, false);
  EXPECT_EQ(out,
            "HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\nContent-Type: text/plain\r\n"
            "X-A: b\r\nConnection: close\r\n\r\nno\n");
}

TEST(HttpResponseTest, AnswersTheHandshakeOfTheRfc) {
  std::string out;
  append_ws_accept(out, "dGhlIHNhbXBsZSBub25jZQ==");
  EXPECT_THAT(out, testing::HasSubstr("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
}

}  // namespace
}  // namespace kd
