#include "net/crypto.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>

#include "base/check.h"
#include "net/openssl_files.h"

namespace kd {

namespace {

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

struct ContextFree {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using DigestContext = std::unique_ptr<EVP_MD_CTX, ContextFree>;

bool is_ed25519(EVP_PKEY* key) { return EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519; }

bool supported(EVP_PKEY* key) {
  return is_ed25519(key) || EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA;
}

bool use_pss(EVP_PKEY_CTX* context) {
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) > 0 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) > 0 &&
         EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()) > 0;
}

Expected<void> check_private(const std::string& path) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) {
    return fail(Remedy::kGiveUp,
                fmt::format("private key {}: {}", path, std::generic_category().message(errno)));
  }
  if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return fail(Remedy::kGiveUp,
                fmt::format("private key {} may be read by others; run: chmod 600 {}", path, path));
  }
  return {};
}

constexpr const char* kPrivateHalf = "the private half, PKCS#1 or PKCS#8 PEM, as downloaded";
constexpr const char* kPublicHalf = "the public half as PEM (BEGIN PUBLIC KEY)";

Expected<void> check_type(EVP_PKEY* key, const std::string& path, const char* expected) {
  if (key == nullptr) {
    ERR_clear_error();
    return fail(Remedy::kGiveUp,
                fmt::format("{} holds no key, or a damaged one; expected {}", path, expected));
  }
  if (!supported(key)) {
    return fail(Remedy::kGiveUp, fmt::format("{} is neither an RSA nor an Ed25519 key", path));
  }
  return {};
}

}  // namespace

struct SigningKey::Impl {
  KeyPtr key;
};
struct VerifyKey::Impl {
  KeyPtr key;
};

Expected<SigningKey> SigningKey::load_pem(const std::string& path) {
  if (auto checked = check_private(path); !checked) return tl::unexpected(checked.error());
  KD_TRY(const FilePtr file, open_file(path, "r"));
  // An empty passphrase instead of the default, which would ask on the terminal.
  static char no_passphrase[] = "";
  KeyPtr key(PEM_read_PrivateKey(file.get(), nullptr, nullptr, no_passphrase));
  if (auto checked = check_type(key.get(), path, kPrivateHalf); !checked)
    return tl::unexpected(checked.error());
  return SigningKey(std::make_shared<const Impl>(Impl{std::move(key)}));
}

std::string SigningKey::sign(std::string_view text) const {
  EVP_PKEY* key = impl_->key.get();
  const DigestContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* parameters = nullptr;
  const EVP_MD* digest = is_ed25519(key) ? nullptr : EVP_sha256();
  KD_CHECK(EVP_DigestSignInit(context.get(), &parameters, digest, nullptr, key) > 0);
  KD_CHECK(digest == nullptr || use_pss(parameters));
  std::size_t bytes = 0;
  KD_CHECK(EVP_DigestSign(context.get(), nullptr, &bytes, bytes_of(text), text.size()) > 0);
  std::string signature(bytes, '\0');
  KD_CHECK(EVP_DigestSign(context.get(), bytes_of(signature), &bytes, bytes_of(text), text.size()) >
           0);
  signature.resize(bytes);
  return base64_encode(signature);
}

Expected<VerifyKey> VerifyKey::load_pem(const std::string& path) {
  KD_TRY(const FilePtr file, open_file(path, "r"));
  KeyPtr key(PEM_read_PUBKEY(file.get(), nullptr, nullptr, nullptr));
  if (auto checked = check_type(key.get(), path, kPublicHalf); !checked)
    return tl::unexpected(checked.error());
  return VerifyKey(std::make_shared<const Impl>(Impl{std::move(key)}));
}

bool VerifyKey::verify(std::string_view text, std::string_view base64_signature) const {
  const auto signature = base64_decode(base64_signature);
  if (!signature) return false;
  EVP_PKEY* key = impl_->key.get();
  const DigestContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* parameters = nullptr;
  const EVP_MD* digest = is_ed25519(key) ? nullptr : EVP_sha256();
  KD_CHECK(EVP_DigestVerifyInit(context.get(), &parameters, digest, nullptr, key) > 0);
  KD_CHECK(digest == nullptr || use_pss(parameters));
  const bool valid = EVP_DigestVerify(context.get(), bytes_of(*signature), signature->size(),
                                      bytes_of(text), text.size()) == 1;
  ERR_clear_error();
  return valid;
}

std::string base64_encode(std::string_view bytes) {
  std::string out(4 * ((bytes.size() + 2) / 3) + 1, '\0');  // OpenSSL ends it with a zero
  const int written =
      EVP_EncodeBlock(bytes_of(out), bytes_of(bytes), static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(written));
  return out;
}

Expected<std::string> base64_decode(std::string_view text) {
  std::string out(3 * text.size() / 4 + 1, '\0');
  const int written =
      text.size() % 4 == 0 && text.size() < (1U << 24)
          ? EVP_DecodeBlock(bytes_of(out), bytes_of(text), static_cast<int>(text.size()))
          : -1;
  if (written < 0) return fail(Remedy::kDropItem, "not base64");
  const auto padding = text.ends_with("==") ? 2U : text.ends_with('=') ? 1U : 0U;
  out.resize(static_cast<std::size_t>(written) - padding);
  return out;
}

std::string sha1(std::string_view bytes) {
  std::string out(SHA_DIGEST_LENGTH, '\0');
  SHA1(bytes_of(bytes), bytes.size(), bytes_of(out));
  return out;
}

}  // namespace kd
