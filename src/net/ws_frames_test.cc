#include "net/ws_frames.h"

#include <gmock/gmock.h>

namespace kd {
namespace {

std::string masked(unsigned first_byte, std::string payload) {
  std::string out{static_cast<char>(first_byte)};
  if (payload.size() < 126) {
    out.push_back(static_cast<char>(0x80U | payload.size()));
  } else {
    out.push_back(static_cast<char>(0xfe));
    out.push_back(static_cast<char>(payload.size() >> 8));
    out.push_back(static_cast<char>(payload.size() & 0xff));
  }
  const std::string mask = "\x11\x22\x33\x44";
  out += mask;
  for (std::size_t i = 0; i < payload.size(); ++i) {
    out.push_back(static_cast<char>(payload[i] ^ mask[i % 4]));
  }
  return out;
}

TEST(WsFramesTest, HeaderGrowsWithTheLength) {
  std::string out;
  append_ws_header(out, WsOpcode::kText, 5);
  EXPECT_EQ(out, std::string("\x81\x05"));
  out.clear();
  append_ws_header(out, WsOpcode::kPing, 300);
  EXPECT_EQ(out, std::string("\x89\x7e\x01\x2c"));
  out.clear();
  append_ws_header(out, WsOpcode::kText, 65536);
  EXPECT_EQ(out, std::string("\x81\x7f\0\0\0\0\0\x01\0\0", 10));
}

TEST(WsFrameReaderTest, YieldsMessagesHoweverTheBytesAreCut) {
  const std::string bytes = masked(0x81, "hello") + masked(0x81, std::string(300, 'x'));
  WsFrameReader reader(1000);
  std::vector<std::string> got;
  for (const char byte : bytes) {
    reader.feed({&byte, 1});
    while (auto message = reader.next()) got.push_back(message->payload);
  }
  EXPECT_THAT(got, testing::ElementsAre("hello", std::string(300, 'x')));
  EXPECT_FALSE(reader.fault());
}

TEST(WsFrameReaderTest, JoinsFragmentsAroundAControlFrame) {
  WsFrameReader reader(1000);
  reader.feed(masked(0x01, "ab") + masked(0x89, "beat") + masked(0x80, "cd"));
  const auto ping = reader.next();
  ASSERT_TRUE(ping);
  EXPECT_EQ(ping->opcode, WsOpcode::kPing);
  const auto text = reader.next();
  ASSERT_TRUE(text);
  EXPECT_EQ(text->opcode, WsOpcode::kText);
  EXPECT_EQ(text->payload, "abcd");
}

TEST(WsFrameReaderTest, RefusesWhatAClientMustNotSend) {
  const auto code_of = [](std::string_view bytes) {
    WsFrameReader reader(10);
    reader.feed(bytes);
    EXPECT_FALSE(reader.next());
    return reader.fault() ? reader.fault()->code : 0;
  };
  EXPECT_EQ(code_of(std::string_view("\x81\x01x", 3)), 1002);  // not masked
  EXPECT_EQ(code_of(masked(0x83, "x")), 1002);                 // unknown opcode
  EXPECT_EQ(code_of(masked(0x80, "x")), 1002);                 // nothing to continue
  EXPECT_EQ(code_of(masked(0x09, "x")), 1002);                 // fragmented ping
  EXPECT_EQ(code_of(masked(0xc1, "x")), 1002);                 // compressed, not agreed on
  EXPECT_EQ(code_of(masked(0x81, "eleven bytes")), 1009);      // over the limit
  EXPECT_EQ(code_of(masked(0x01, "12345678") + masked(0x80, "901")), 1009);  // in sum
}

TEST(WsFrameReaderTest, MarksCompressedMessagesWhereThatWasAgreedOn) {
  WsFrameReader reader(1000, true);
  reader.feed(masked(0x41, "ab") + masked(0x80, "cd") + masked(0x81, "plain"));
  const auto first = reader.next();
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->compressed);
  EXPECT_EQ(first->payload, "abcd");
  const auto second = reader.next();
  ASSERT_TRUE(second);
  EXPECT_FALSE(second->compressed);
  reader.feed(masked(0xc9, "beat"));
  EXPECT_FALSE(reader.next());
  EXPECT_EQ(reader.fault()->code, 1002) << "control frames never are";
}

TEST(WsFramesTest, AFragmentSaysThatMoreFollow) {
  std::string out;
  append_ws_header(out, WsOpcode::kText, 1, {.last = false, .compressed = true});
  append_ws_header(out, WsOpcode::kContinuation, 1);
  EXPECT_EQ(out, std::string("\x41\x01\x80\x01"));
}

}  // namespace
}  // namespace kd
