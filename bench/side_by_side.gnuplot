# The picture of side_by_side.py, from the tables that it wrote in this directory. `columns` is how
# many servers there are.
set terminal svg size 1100, 1050 font "sans-serif, 13" background "white"
set output "side_by_side.svg"
set datafile missing "nan"
array color[5] = ["#1f77b4", "#bbbbbb", "#ffbb78", "#ff7f0e", "#d62728"]

set multiplot layout 3, 2
set key outside top center horizontal maxrows 1 samplen 1.5 font ",11"
set grid ytics
set style data histogram
set style histogram clustered gap 1
set style fill solid 0.9 border -1
set boxwidth 0.9
set logscale y
set format y "10^{%L}"

set title "One connection, one request at a time"
set ylabel "operations a second"
set yrange [1000:*]
plot for [i = 2 : columns + 1] "alone.dat" using i:xtic(1) title columnheader(i) linecolor rgb color[i - 1]
set title "64 connections, 16 requests in flight on each"
plot for [i = 2 : columns + 1] "together.dat" using i:xtic(1) title columnheader(i) linecolor rgb color[i - 1]
set title "64 connections, one request at a time: 99 % within"
set ylabel "µs"
set yrange [100:*]
plot for [i = 2 : columns + 1] "latency.dat" using i:xtic(1) title columnheader(i) linecolor rgb color[i - 1]
set title "Processor time of the server, 64 connections, 16 in flight"
set ylabel "µs an operation"
set yrange [0.1:*]
plot for [i = 2 : columns + 1] "cpu.dat" using i:xtic(1) title columnheader(i) linecolor rgb color[i - 1]

set style data linespoints
set logscale x 2
set xlabel "size of a value"
set ylabel "MB a second"
set yrange [*:*]
set xtics ("32 B" 32, "1 KiB" 1024, "64 KiB" 65536, "1 MiB" 1048576, "16 MiB" 16777216)
set xrange [16 : 33554432]
do for [name in "get set"] {
  set title sprintf("One connection, %s", name)
  plot for [i = 2 : columns + 1] sprintf("sizes_%s.dat", name) using 1:i title columnheader(i) linewidth 2 pointtype 7 linecolor rgb color[i - 1]
}
unset multiplot
