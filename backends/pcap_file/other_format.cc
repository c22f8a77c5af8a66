#include "backends/pcap_file/other_format.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include "engine/core/bytes.h"

namespace weir::backends {
namespace {

using std::string_view_literals::operator""sv;

struct Signature {
  size_t at;
  std::string_view bytes;
  std::string_view name;
};

/// Captures that Wireshark reads.
constexpr Signature kCaptures[] = {
    {0, "RTSS"sv, "a Microsoft Network Monitor 1 capture"},
    {0, "GMBU"sv, "a Microsoft Network Monitor 2 capture"},
    {0, "TRSNIFF data    \x1a"sv, "a Sniffer (DOS) capture"},
    {0, "XCP\0"sv, "a NetXRay or Sniffer (Windows) capture"},
    {0, "VL\0\0"sv, "a NetXRay 1 capture"},
    {0, "\x05VNF"sv, "a Visual Networks capture"},
    {0, "\x7fver"sv, "an EtherPeek or OmniPeek capture"},
    {0, "ObserverPktBuffe"sv, "a Network Instruments Observer capture"},
    {0, "btsnoop\0"sv, "a btsnoop (Bluetooth) capture"},
    {0, "iptrace "sv, "an AIX iptrace capture"},
    {0, "\x54\x52\x00\x64\x00"sv, "an HP-UX nettl capture"},
    {0, "\0\0\x02\0\x12\x05\0\x10"sv, "a Tektronix K12 capture"},
    {0, "\xaa\xaa\xaa\xaa"sv, "an Accellent 5Views capture"},
    {0, "V0208\0"sv, "an Aethra capture"},
    {0, "+---------+---------------+----------+"sv, "a K12 text capture"},
    {72, "\x02\x00\x01\xc0"sv, "a Windows event trace (ETL)"},
    {72, "\x02\x00\x02\xc0"sv, "a Windows event trace (ETL)"},
};

/// Compressed in a way that weir does not read, packed with other files, or packed twice.
constexpr Signature kPacked[] = {
    {0, "PK\x03\x04"sv, "a ZIP archive"},
    {0, "PK\x05\x06"sv, "an empty ZIP archive"},
    {0, "7z\xbc\xaf\x27\x1c"sv, "a 7-Zip archive"},
    {0, "Rar!\x1a\x07"sv, "a RAR archive"},
    {257, "ustar"sv, "a tar archive"},
    {0, "070701"sv, "a cpio archive"},
    {0, "LZIP"sv, "lzip-compressed data"},
    {0, "\x1f\x9d"sv, "compress(1) data"},
    {0, "\x02\x21\x4c\x18"sv, "LZ4 data of the old format"},
    {0, "\x5d\x00\x00"sv, "LZMA data of the old format"},
    // weir unpacks these once, so here is what was found inside.
    {0, "\x1f\x8b"sv, "gzip data within compressed data"},
    {0, "\x28\xb5\x2f\xfd"sv, "Zstandard data within compressed data"},
    {0, "\x04\x22\x4d\x18"sv, "LZ4 data within compressed data"},
    {0, "BZh"sv, "bzip2 data within compressed data"},
    {0,
     "\xfd"
     "7zXZ\0"sv,
     "xz data within compressed data"},
};

constexpr Signature kOthers[] = {
    {0, "\xa1\x2b\x3c\x4d"sv, "Navtel's variant of pcap"},
    {0, "\x4d\x3c\x2b\xa1"sv, "Navtel's variant of pcap"},
    {0, "\xa1\xb2\x34\xcd"sv, "a variant of pcap whose records are not documented"},
    {0, "\xcd\x34\xb2\xa1"sv, "a variant of pcap whose records are not documented"},
    {0, "\x0c\xa5\x01\x00"sv, "flow records of nfdump: use nfdump"},
    {0, "\x0c\xa5\x02\x00"sv, "flow records of nfdump: use nfdump"},
    {0, "\xde\xad\xbe\xef"sv, "flow records of SiLK"},
    {0, "HCPX"sv, "an hccapx file of hashcat"},
    {0, "LPKSHHRH"sv, "a systemd journal"},
    {0, "version https://git-lfs"sv, "a Git LFS pointer: `git lfs pull` fetches the file"},
    {0, "!<arch>\n"sv, "an ar archive"},
    {0, "\xed\xab\xee\xdb"sv, "an RPM package"},
    {0,
     "\x7f"
     "ELF"sv,
     "an ELF program"},
    {0, "MZ"sv, "a Windows program"},
    {0, "\x89PNG"sv, "a PNG picture"},
    {0, "\xff\xd8\xff"sv, "a JPEG picture"},
    {0, "GIF8"sv, "a GIF picture"},
    {0, "%PDF"sv, "a PDF document"},
    {0, "SQLite format 3\0"sv, "an SQLite database"},
    {0, "\xff\xfe"sv, "UTF-16 text"},
    {0, "\xfe\xff"sv, "UTF-16 text"},
};

std::string_view as_text(std::span<const uint8_t> bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

template <size_t kSize>
std::string_view name_of(std::string_view start, const Signature (&signatures)[kSize]) noexcept {
  for (const Signature& each : signatures) {
    if (start.size() >= each.at && start.substr(each.at).starts_with(each.bytes)) return each.name;
  }
  return {};
}

/// A year (little-endian), month, day, hour, minute and second, one byte each.
bool is_date(std::span<const uint8_t> start, size_t at) noexcept {
  if (start.size() < at + 7) return false;
  const uint8_t* date = start.data() + at;
  const uint16_t year = load_le16(date);
  return year >= 1990 && year < 2100 && date[2] >= 1 && date[2] <= 12 && date[3] >= 1 &&
         date[3] <= 31 && date[4] < 24 && date[5] < 60 && date[6] < 60;
}

/// Formats whose signature is not at one place or not of fixed bytes.
std::string_view looser_capture(std::span<const uint8_t> start) noexcept {
  const std::string_view text = as_text(start);
  // NetScaler's first record holds "NetScaler Performance Data" or "Netscaler V20 ...".
  if (text.substr(0, 64).find("etscaler V"sv) != text.npos ||
      text.substr(0, 64).find("etScaler Performance"sv) != text.npos) {
    return "a NetScaler capture";
  }
  if (text.find("COMMUNICATIONS TRACE"sv) != text.npos) return "an IBM iSeries trace";
  // CommView begins with a packet: its length twice, or once in 32 bits, and its date.
  if (start.size() >= 4 && load_le16(start.data()) == load_le16(start.data() + 2) &&
      is_date(start, 5)) {
    return "a CommView capture";
  }
  if (start.size() >= 4 && load_le16(start.data() + 2) == 0 && is_date(start, 4)) {
    return "a CommView capture";
  }
  // LANalyzer: record type 0x1001 or 0x1007, then its length.
  if (start.size() >= 4 && (load_le16(start.data()) & 0xfff9) == 0x1001) {
    const uint16_t length = load_le16(start.data() + 2);
    if (length >= 16 && length <= 512) return "a LANalyzer capture";
  }
  return {};
}

/// IPFIX messages: version 10, and a template set first (RFC 7011 sections 3.1 and 3.3.2).
bool is_ipfix(std::span<const uint8_t> start) noexcept {
  constexpr size_t kMessageHeaderBytes = 16;
  return start.size() >= kMessageHeaderBytes + 2 && load_be16(start.data()) == 10 &&
         (load_be16(start.data() + kMessageHeaderBytes) == 2 ||
          load_be16(start.data() + kMessageHeaderBytes) == 3);
}

bool starts_like(std::string_view text, std::string_view lower_case) noexcept {
  return text.size() >= lower_case.size() &&
         std::equal(lower_case.begin(), lower_case.end(), text.begin(), [](char a, char b) {
           return a == std::tolower(static_cast<unsigned char>(b));
         });
}

std::string_view kind_of_text(std::string_view text) noexcept {
  const auto is_text = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= ' ' ? byte != 0x7f : (byte >= '\t' && byte <= '\r') || byte == 0x1b;
  };
  if (!std::all_of(text.begin(), text.end(), is_text)) return {};
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  if (text.starts_with("#!")) return "a script";
  if (starts_like(text, "<!doctype html") || starts_like(text, "<html")) return "an HTML page";
  if (text.starts_with("<?xml")) return "XML text";
  if (text.starts_with("{") || text.starts_with("[")) return "JSON text";
  return "text";
}

}  // namespace

std::string other_format(std::span<const uint8_t> start) {
  const std::string_view text = as_text(start.first(std::min(start.size(), kOtherFormatBytes)));
  std::string_view name = name_of(text, kCaptures);
  if (name.empty()) name = looser_capture(start);
  if (!name.empty()) {
    return std::string(name) +
           ", which weir does not read: `editcap FILE NEW.pcapng`, of Wireshark, converts it";
  }
  const std::string nothing = "not a capture file";
  name = name_of(text, kPacked);
  if (!name.empty()) return nothing + " but " + std::string(name) + ": unpack it first";
  name = name_of(text, kOthers);
  if (name.empty() && is_ipfix(start)) name = "flow records of IPFIX";
  if (name.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c == 0; })) {
    name = "zero bytes";
  }
  if (name.empty()) name = kind_of_text(text);
  return name.empty() ? nothing : nothing + " but " + std::string(name);
}

}  // namespace weir::backends
