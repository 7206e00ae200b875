#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <filesystem>

#include "base/check.h"
#include "net/crypto.h"
#include "net/openssl_files.h"

namespace kd {

namespace {

constexpr int kRsaBits = 2048;
constexpr long kDaySeconds = 24L * 3600;

struct CertificateFree {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using CertificatePtr = std::unique_ptr<X509, CertificateFree>;

KeyPtr new_ec_key() { return KeyPtr(EVP_EC_gen("P-256")); }

Expected<void> write_private(const std::string& path, EVP_PKEY* key) {
  KD_TRY(const FilePtr file, create_secret_file(path));
  if (PEM_write_PKCS8PrivateKey(file.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return file_error(path);
  }
  return {};
}

Expected<void> write_pair(const std::string& private_file, const std::string& public_file,
                          const KeyPtr& key) {
  KD_CHECK(key != nullptr);
  if (auto written = write_private(private_file, key.get()); !written) return written;
  KD_TRY(const FilePtr file, open_file(public_file, "w"));
  if (PEM_write_PUBKEY(file.get(), key.get()) != 1) return file_error(public_file);
  return {};
}

void add_extension(X509* certificate, X509* issuer, int id, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str());
  KD_CHECK(extension != nullptr);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

CertificatePtr new_certificate(EVP_PKEY* key, const char* name, long serial) {
  CertificatePtr certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kDaySeconds);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3650 * kDaySeconds);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  return certificate;
}

CertificatePtr make_authority(EVP_PKEY* key) {
  auto certificate = new_certificate(key, "exchange-sim throw-away CA", 1);
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate.get()));
  add_extension(certificate.get(), certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
  add_extension(certificate.get(), certificate.get(), NID_key_usage,
                "critical,keyCertSign,cRLSign");
  add_extension(certificate.get(), certificate.get(), NID_subject_key_identifier, "hash");
  KD_CHECK(X509_sign(certificate.get(), key, EVP_sha256()) > 0);
  return certificate;
}

std::string alternative_names(const std::vector<std::string>& more_hosts) {
  std::string names = "DNS:localhost,IP:127.0.0.1,IP:::1";
  for (const std::string& host : more_hosts) {
    const bool numeric = host.find_first_not_of("0123456789.:abcdef") == std::string::npos;
    names += (numeric ? ",IP:" : ",DNS:") + host;
  }
  return names;
}

CertificatePtr make_server(EVP_PKEY* key, X509* authority, EVP_PKEY* authority_key,
                           const std::vector<std::string>& more_hosts) {
  auto certificate = new_certificate(key, "localhost", 2);
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(authority));
  add_extension(certificate.get(), authority, NID_basic_constraints, "critical,CA:FALSE");
  add_extension(certificate.get(), authority, NID_ext_key_usage, "serverAuth");
  add_extension(certificate.get(), authority, NID_subject_alt_name, alternative_names(more_hosts));
  add_extension(certificate.get(), authority, NID_authority_key_identifier, "keyid");
  KD_CHECK(X509_sign(certificate.get(), authority_key, EVP_sha256()) > 0);
  return certificate;
}

Expected<void> write_certificate(const std::string& path, X509* certificate) {
  KD_TRY(const FilePtr file, open_file(path, "w"));
  if (PEM_write_X509(file.get(), certificate) != 1) return file_error(path);
  return {};
}

}  // namespace

Expected<void> generate_rsa_key_pair(const std::string& private_file,
                                     const std::string& public_file) {
  return write_pair(private_file, public_file, KeyPtr(EVP_RSA_gen(kRsaBits)));
}

Expected<void> generate_ed25519_key_pair(const std::string& private_file,
                                         const std::string& public_file) {
  return write_pair(private_file, public_file,
                    KeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")));
}

Expected<TlsFiles> make_throwaway_ca(const std::string& dir,
                                     const std::vector<std::string>& more_hosts) {
  std::error_code error;
  std::filesystem::create_directories(dir, error);
  if (error) return fail(Remedy::kGiveUp, fmt::format("{}: {}", dir, error.message()));
  const TlsFiles files{dir + "/ca.pem", dir + "/server.pem", dir + "/server.key"};
  // The authority's key is forgotten at once: nothing else can ever be signed with it.
  const KeyPtr authority_key = new_ec_key();
  const KeyPtr server_key = new_ec_key();
  const auto authority = make_authority(authority_key.get());
  const auto server =
      make_server(server_key.get(), authority.get(), authority_key.get(), more_hosts);
  if (auto ok = write_private(files.server_key, server_key.get()); !ok) {
    return tl::unexpected(ok.error());
  }
  for (const auto& [path, certificate] : {std::pair(files.ca_certificate, authority.get()),
                                          std::pair(files.server_certificate, server.get())}) {
    if (auto ok = write_certificate(path, certificate); !ok) return tl::unexpected(ok.error());
  }
  return files;
}

}  // namespace kd
