// A REST body of the exchange, read by every decoder.
#include "codec/flat_json.h"
#include "codec/metadata_decoder.h"
#include "codec/rest_decoder.h"
#include "fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto body = kd::as_text(data, size);
  (void)kd::decode_markets_page(body);
  (void)kd::decode_market(body);
  (void)kd::decode_exchange_status(body);
  (void)kd::decode_maintenance_windows(body);
  (void)kd::decode_account_limits(body);
  (void)kd::decode_orderbook(body, "KX-1");
  (void)kd::decode_orderbooks(body);
  (void)kd::decode_trades_page(body);
  (void)kd::decode_historical_cutoff(body);
  (void)kd::decode_lifecycle_times(body);
  (void)kd::error_text(body);
  for (const auto kind :
       {kd::MetadataKind::kSeries, kd::MetadataKind::kEvents, kd::MetadataKind::kMarkets}) {
    (void)kd::decode_metadata_page(kind, body);
    (void)kd::decode_metadata_item(kind, body);
  }
  (void)kd::flatten_json(body);
  return 0;
}
