#include "report/ether_type_rows.h"

#include <algorithm>

#include "report/format.h"
#include "report/text_table.h"

namespace weir::report {
namespace {

constexpr size_t kMostRows = 10;
constexpr size_t kIndent = 2;

}  // namespace

std::vector<EtherTypeRow> ether_type_rows(const EtherTypeCounts& counts) {
  std::vector<EtherTypeRow> rows;
  for (size_t i = 0; i < counts.size(); ++i) {
    const uint16_t type = counts.type(i);
    rows.push_back({fmt::format("0x{:04x}", type), std::string(ether_type_name(type)),
                    verdict_of_ether_type(type), counts.count(i)});
  }
  for (const Verdict verdict : {Verdict::non_ip, Verdict::unsupported}) {
    const EtherTypeCounts::Count& others = counts.others(verdict);
    if (others.packets != 0) rows.push_back({"other", "", verdict, others});
  }
  std::sort(rows.begin(), rows.end(), [](const EtherTypeRow& a, const EtherTypeRow& b) {
    if (a.count.packets != b.count.packets) return a.count.packets > b.count.packets;
    return a.type != b.type ? a.type < b.type : a.verdict < b.verdict;
  });
  return rows;
}

void append_ether_type_table(fmt::memory_buffer& out, const EtherTypeCounts& counts) {
  using Align = TextTable::Align;
  const std::vector<EtherTypeRow> rows = ether_type_rows(counts);
  if (rows.empty()) return;
  TextTable table({Align::left, Align::left, Align::left, Align::right, Align::right}, 0);
  table.add({"type", "name", "verdict", "packets", "on the wire"});
  const size_t listed = rows.size() <= kMostRows ? rows.size() : kMostRows - 1;
  for (size_t i = 0; i < listed; ++i) {
    const EtherTypeRow& row = rows[i];
    table.add({row.type, row.name, std::string(to_string(row.verdict)),
               count_text(row.count.packets), bytes_text(row.count.wire_bytes)});
  }
  if (listed < rows.size()) {
    EtherTypeCounts::Count rest;
    for (size_t i = listed; i < rows.size(); ++i) rest += rows[i].count;
    table.add({fmt::format("{} more", rows.size() - listed), "", "", count_text(rest.packets),
               bytes_text(rest.wire_bytes)});
  }
  table.print(out, kIndent);
}

}  // namespace weir::report
