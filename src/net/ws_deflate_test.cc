#include "net/ws_deflate.h"

#include <gtest/gtest.h>

namespace kd {
namespace {

constexpr char kOurs[] =
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

TEST(DeflateOffersTest, TakesTheFirstThatItCanFulfil) {
  EXPECT_EQ(accept_deflate("permessage-deflate"), kOurs);
  EXPECT_EQ(accept_deflate("permessage-deflate; client_max_window_bits"), kOurs);
  EXPECT_EQ(accept_deflate("x-other, permessage-deflate;server_no_context_takeover"), kOurs);
  EXPECT_EQ(accept_deflate("permessage-deflate; server_max_window_bits=8, permessage-deflate; "
                           "server_max_window_bits=12"),
            std::string(kOurs) + "; server_max_window_bits=10");
}

TEST(DeflateOffersTest, RefusesWhatItCannotOrDoesNotUnderstand) {
  for (const char* offer :
       {"", "x-webkit-deflate-frame", "permessage-deflate; server_max_window_bits=9",
        "permessage-deflate; server_max_window_bits",
        "permessage-deflate; client_max_window_bits=7",
        "permessage-deflate; client_max_window_bits=16", "permessage-deflate; wind",
        "permessage-deflate; server_no_context_takeover=1",
        "permessage-deflate; client_max_window_bits; client_max_window_bits"}) {
    EXPECT_EQ(accept_deflate(offer), std::nullopt) << offer;
  }
}

TEST(WsDeflaterTest, WhatItCompressedComesBack) {
  WsDeflater deflater;
  WsInflater inflater;
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += "tick " + std::to_string(i * 7919);
  for (const std::string& sent : {std::string(), std::string("x"), text, std::string("again")}) {
    EXPECT_EQ(inflater.run(deflater.run(sent), 1 << 20), sent);
  }
}

TEST(WsDeflaterTest, APlainHeadMayPrecedeATailThatIsSharedByMany) {
  WsDeflater deflater;
  WsInflater inflater;
  const std::string tail = deflater.run(std::string(500, 'a') + "end");
  for (const std::string head : {"{\"seq\":1", "{\"seq\":22"}) {
    std::string payload;
    append_stored(payload, head);
    payload += tail;
    EXPECT_EQ(inflater.run(payload, 1000), head + std::string(500, 'a') + "end");
  }
}

TEST(WsInflaterTest, RefusesDamageAndWhatIsTooBigWhenUnpacked) {
  WsDeflater deflater;
  WsInflater inflater;
  EXPECT_EQ(inflater.run("\xff\xff\xff\xff", 100), std::nullopt);
  const std::string bomb = deflater.run(std::string(1 << 20, 'z'));
  EXPECT_EQ(inflater.run(bomb, 100'000), std::nullopt);
  EXPECT_EQ(inflater.run(deflater.run("good"), 100), "good") << "after an error as well";
}

}  // namespace
}  // namespace kd
