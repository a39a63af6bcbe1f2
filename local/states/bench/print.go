package bench

import (
	"fmt"
	"io"
	"text/tabwriter"
)

func (r *Report) print(w io.Writer) {
	fmt.Fprintf(w, "%s, %d CPUs, median of %d\n", r.Go, r.CPUs, r.Runs)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	if len(r.Results) > 0 {
		fmt.Fprintln(t,
			"workload\tinterface\tdurable\tin flight\torders\torders/s\tp50 ms\tp99 ms\tpeak RSS MB\tCPU "+
				"ms/order\tKB/order\tflushes/order\t")
	}
	for _, x := range r.Results {
		fmt.Fprintf(t, "%s\t%s\t%t\t%d\t%d\t%.0f\t%.2f\t%.2f\t%.0f\t%.3f\t%.1f\t%.2f\t\n", x.Workload, x.Interface,
			x.Durable, x.InFlight, x.Orders,
			x.PerSecond, x.P50, x.P99, x.PeakRSS, x.CPU, x.BytesWritten/1024, x.Flushes)
	}
	_ = t.Flush() // an error of w appears in what is printed after it
	if r.Ratio > 0 {
		fmt.Fprintf(w, "order-7 / bare loop: %.0f%%\n", 100*r.Ratio)
	}
	if r.Retries > 0 {
		fmt.Fprintf(w, "order-7 with 1%% retried / without: %.1f%%\n", 100*r.Retries)
	}
	if f := r.Finished; f != nil {
		fmt.Fprintf(w,
			"%d finished executions: "+
				"start-up %.0f ms, resident %.0f MB, ListExecutions p50 %.2f p99 %.2f ms, "+
				"DescribeExecution p50 %.2f p99 %.2f ms\n",
			f.Executions, f.StartUp, f.RSS, f.ListP50, f.ListP99, f.DescribeP50, f.DescribeP99)
		fmt.Fprintf(w, "order-7 at %d in flight: %.0f/s, over an empty store %.0f/s (%.0f%%)\n", f.InFlight,
			f.PerSecond, f.PerSecondEmpty, 100*f.PerSecond/f.PerSecondEmpty)
	}
	if x := r.Waiting; x != nil {
		fmt.Fprintf(w,
			"%d waiting executions: resident %.0f MB (heap %.0f MB); after a restart %.0f MB, start-up %.0f ms\n",
			x.Executions, x.RSS, x.Heap, x.RSSRestarted, x.StartUp)
		fmt.Fprintf(w, "%d timers in %.0f s: late by p50 %.2f ms, p99 %.2f ms, at most %.2f ms\n", x.Timers,
			x.Window, x.LateP50, x.LateP99, x.LateMax)
	}
}
