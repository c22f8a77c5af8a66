#include "backends/pcap_file/other_format.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/unit/backends/capture_bytes.h"
#include "tests/unit/backends/reading.h"

namespace weir::testing {
namespace {

using Strings = std::vector<std::string>;
using std::string_view_literals::operator""sv;

/// What is said of a file that starts like this and goes on with bytes that are no text.
std::string said(std::string_view start, size_t at = 0) {
  std::vector<uint8_t> content = payload(3000, 200);
  std::copy(start.begin(), start.end(), content.begin() + static_cast<std::ptrdiff_t>(at));
  const Reading reading = read_bytes(content);
  EXPECT_TRUE(reading.packets.empty());
  EXPECT_EQ(reading.notice_codes, std::vector{Code::other_format});
  return reading.notices.size() == 1 ? reading.notices[0].substr(6) : "";
}

TEST(OtherFormat, CapturesOfOtherPrograms) {
  for (const auto& [start, name] : std::vector<std::pair<std::string_view, std::string>>{
           {"RTSS"sv, "a Microsoft Network Monitor 1 capture"},
           {"GMBU"sv, "a Microsoft Network Monitor 2 capture"},
           {"TRSNIFF data    \x1a"sv, "a Sniffer (DOS) capture"},
           {"XCP\0"sv, "a NetXRay or Sniffer (Windows) capture"},
           {"VL\0\0"sv, "a NetXRay 1 capture"},
           {"\x05VNF"sv, "a Visual Networks capture"},
           {"\x7fver"sv, "an EtherPeek or OmniPeek capture"},
           {"ObserverPktBufferVersion"sv, "a Network Instruments Observer capture"},
           {"btsnoop\0\0\0\0\1"sv, "a btsnoop (Bluetooth) capture"},
           {"iptrace 2.0"sv, "an AIX iptrace capture"},
           {"\x54\x52\x00\x64\x00"sv, "an HP-UX nettl capture"},
           {"\0\0\x02\0\x12\x05\0\x10"sv, "a Tektronix K12 capture"},
           {"\xaa\xaa\xaa\xaa"sv, "an Accellent 5Views capture"},
           {"V0208\0"sv, "an Aethra capture"},
           {"+---------+---------------+----------+\r\n"sv, "a K12 text capture"},
           {"\x3e\0\x3e\0\0\xe7\x07\x0b\x0e\x16\x0d\x14"sv, "a CommView capture"},
           {"\x3e\0\0\0\xe7\x07\x0b\x0e\x16\x0d\x14"sv, "a CommView capture"},
           {"\x01\x10\x4c\x00"sv, "a LANalyzer capture"},
           {"\x10\0NetScaler Performance Data"sv, "a NetScaler capture"},
           {"\x10\0Netscaler V20 Performance Data"sv, "a NetScaler capture"},
           {"  COMMUNICATIONS TRACE"sv, "an IBM iSeries trace"}}) {
    EXPECT_EQ(said(start), name +
                               ", which weir does not read: `editcap FILE NEW.pcapng`, of "
                               "Wireshark, converts it");
  }
  EXPECT_TRUE(said("\x02\x00\x02\xc0"sv, 72).starts_with("a Windows event trace (ETL), which"));
}

TEST(OtherFormat, PackedFiles) {
  for (const auto& [start, name] : std::vector<std::pair<std::string_view, std::string>>{
           {"PK\x03\x04"sv, "a ZIP archive"},
           {"7z\xbc\xaf\x27\x1c"sv, "a 7-Zip archive"},
           {"Rar!\x1a\x07"sv, "a RAR archive"},
           {"LZIP"sv, "lzip-compressed data"},
           {"\x1f\x9d"sv, "compress(1) data"},
           {"\x02\x21\x4c\x18"sv, "LZ4 data of the old format"},
           {"070701"sv, "a cpio archive"}}) {
    EXPECT_EQ(said(start), "not a capture file but " + name + ": unpack it first");
  }
  EXPECT_EQ(said("ustar", 257), "not a capture file but a tar archive: unpack it first");
}

// The usual ways to get a tar: a folder of captures, compressed.
TEST(OtherFormat, ATarInsideCompressedData) {
  std::vector<uint8_t> tar(2048);
  const std::string_view magic = "ustar";
  std::copy(magic.begin(), magic.end(), tar.begin() + 257);
  EXPECT_EQ(read_bytes(gzip(tar)).notices,
            Strings{"FILE: not a capture file but a tar archive: unpack it first"});
}

TEST(OtherFormat, OtherFiles) {
  for (const auto& [start, name] : std::vector<std::pair<std::string_view, std::string>>{
           {"\xa1\x2b\x3c\x4d"sv, "Navtel's variant of pcap"},
           {"\x4d\x3c\x2b\xa1"sv, "Navtel's variant of pcap"},
           {"\xa1\xb2\x34\xcd"sv, "a variant of pcap whose records are not documented"},
           {"\x0c\xa5\x01\x00"sv, "flow records of nfdump: use nfdump"},
           {"\xde\xad\xbe\xef"sv, "flow records of SiLK"},
           {"\x00\x0a\x00\x40\0\0\0\0\0\0\0\0\0\0\0\0\0\x02"sv, "flow records of IPFIX"},
           {"HCPX"sv, "an hccapx file of hashcat"},
           {"\x7f"
            "ELF"sv,
            "an ELF program"},
           {"MZ"sv, "a Windows program"},
           {"\x89PNG"sv, "a PNG picture"},
           {"%PDF-1.7"sv, "a PDF document"},
           {"SQLite format 3\0"sv, "an SQLite database"},
           {"\xff\xfeh\0i\0"sv, "UTF-16 text"}}) {
    EXPECT_EQ(said(start), "not a capture file but " + name);
  }
  EXPECT_EQ(said(""), "not a capture file");
}

TEST(OtherFormat, Text) {
  for (const auto& [text, name] : std::vector<std::pair<std::string, std::string>>{
           {"#!/bin/sh\nexit 0\n", "a script"},
           {"  \n<!DOCTYPE HTML>\n<title>404", "an HTML page"},
           {"<html><head>", "an HTML page"},
           {"<?xml version=\"1.0\"?>\n<pdml>", "XML text"},
           {"\n[{\"_index\": 1}]", "JSON text"},
           {"{\"type\":\"flow\"}\n", "JSON text"},
           {"version https://git-lfs.github.com/spec/v1\n",
            "a Git LFS pointer: `git lfs pull` fetches the file"},
           {"12:00:00.000000 IP 10.0.0.1 > 10.0.0.2\n", "text"},
           {"gr\xc3\xbc\xc3\x9f dich\n", "text"},
           {"\xef\xbb\xbf{ }\n", "JSON text"}}) {
    const Reading reading = read_bytes(CaptureBytes().raw(text).bytes());
    EXPECT_EQ(reading.notices, Strings{"FILE: not a capture file but " + name});
    EXPECT_EQ(reading.notice_codes, std::vector{Code::other_format});
    EXPECT_TRUE(reading.packets.empty());
  }
}

TEST(OtherFormat, ZeroBytes) {
  EXPECT_EQ(read_bytes(std::vector<uint8_t>(100'000)).notices,
            Strings{"FILE: not a capture file but zero bytes"});
}

// Too short for any format: cut, and so damaged.
TEST(OtherFormat, ThreeBytes) {
  const Reading reading = read_bytes(std::vector<uint8_t>{1, 2, 3});
  EXPECT_EQ(reading.notices, Strings{"FILE: cut short at byte 3, before its kind can be told"});
  EXPECT_EQ(reading.notice_codes, std::vector{Code::damaged});
}

// Every start of every length is judged without reading past it.
TEST(OtherFormat, AnyLength) {
  const std::vector<uint8_t> content = payload(2 * backends::kOtherFormatBytes, 3);
  for (size_t length = 0; length <= content.size(); ++length) {
    EXPECT_FALSE(backends::other_format(std::span(content).first(length)).empty());
  }
}

}  // namespace
}  // namespace weir::testing
