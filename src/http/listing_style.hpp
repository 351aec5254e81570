// What is the same in every listing: its beginning and its looks. No script, nothing from elsewhere.
#pragma once

#include <string_view>

namespace sluice::inline v0::http {

inline constexpr std::string_view listing_begin =
    "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
    "<meta name=\"color-scheme\" content=\"light dark\">";

// Columns have fixed widths, so that a browser can show the first of many rows before it has the last.
// Names may hold writing of either direction: isolate keeps it from turning its neighbours around.
inline constexpr std::string_view listing_style = R"css(<style>
:root{--back:#fff;--text:#1c2330;--dim:#626b7a;--line:#e4e7ec;--over:#f3f6fa;--link:#0b57b5;--dir:#b7791f}
@media(prefers-color-scheme:dark){:root{--back:#14171c;--text:#e3e6eb;--dim:#98a2b1;--line:#2a2f38;
--over:#1d222a;--link:#7db4ff;--dir:#e0b050}}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--text);font:15px/1.5 system-ui,-apple-system,"Segoe UI",
Roboto,"Noto Sans","DejaVu Sans",sans-serif}
main{max-width:60rem;margin:0 auto;padding:1.5rem 1rem 3rem}
h1{font-size:1.25rem;font-weight:600;margin:0 0 1rem;overflow-wrap:anywhere}
a{color:var(--link);text-decoration:none}
a:hover,a:focus-visible{text-decoration:underline}
table{width:100%;border-collapse:collapse;table-layout:fixed}
th,td{padding:.4rem .6rem;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
th{font-size:.85rem;font-weight:600;position:sticky;top:0;background:var(--back)}
th a{color:var(--dim)}
th[aria-sort] a{color:var(--text)}
th[aria-sort=ascending] a::after{content:" \2191"}
th[aria-sort=descending] a::after{content:" \2193"}
tbody tr:hover{background:var(--over)}
td.n{overflow-wrap:anywhere;position:relative;padding-left:2.3rem}
td.n a{unicode-bidi:isolate;white-space:pre-wrap}
td.n::before{content:"";position:absolute;left:.6rem;top:.6rem;width:.8rem;height:1rem;
border:1.5px solid var(--dim);border-radius:2px;opacity:.6}
tr.d td.n::before{width:1.05rem;height:.8rem;top:.7rem;opacity:1;border-color:var(--dir);border-top-width:4px}
.s,.m{color:var(--dim);font-variant-numeric:tabular-nums;white-space:nowrap}
.s{width:6.5rem;text-align:right}
.m{width:10.5rem;text-align:right}
.more{margin:0 0 1rem;padding:.6rem;border-left:4px solid var(--dir);background:var(--over)}
footer{margin-top:1rem;padding:0 .6rem;color:var(--dim);font-size:.85rem}
@media(max-width:36rem){main{padding:1rem .25rem 2rem}h1{padding:0 .6rem}.m{width:6.8rem}.t{display:none}
.s{width:5.6rem}
th,td{padding:.5rem .4rem}td.n::before{left:.4rem}td.n{padding-left:2rem}}
@media(max-width:26rem){.m{display:none}}
</style></head><body>
)css";

}  // namespace sluice::inline v0::http
