package bench

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Print prints the report as text.
func (r MemoryReport) Print(w io.Writer) error {
	fmt.Fprintf(w, `%d usual orders, one at a time; %d orders of %d products, full batches, longest lists. Each function is processes of the deployed program.

Measured: milliseconds of processor time (user and system), resident memory at its peak.
`, r.Orders, r.Large, largestOrder)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "function\tinit\tfirst\tusual: n\tmean\tp99\tlargest: n\tmean\tmost\tpeak MiB\t")
	for _, f := range r.Functions {
		fmt.Fprintf(t, "%s\t%.1f\t%.1f\t%d\t%.2f\t%.2f\t%d\t%.2f\t%.2f\t%.1f\t\n", f.Handler, f.InitCPU, f.FirstCPU,
			f.Usual.Invocations, f.Usual.CPUMean, f.Usual.CPUP99,
			f.Largest.Invocations, f.Largest.CPUMean, max(f.Usual.CPUMax, f.Largest.CPUMax), f.PeakRSSMiB)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, `
Computed: milliseconds at each memory size, usual mean / usual p99 / maximum, with one vCPU like this machine's at %d MB. It does not include the waiting
for other services, nor TLS, which the local system does not use.
`, fullCPU)
	t = tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "function\t")
	for _, mb := range memorySizes {
		fmt.Fprintf(t, "%d MB\t", mb)
	}
	fmt.Fprintln(t, "least by the rule\ttemplate.yaml\ttimeout s\t")
	for _, f := range r.Functions {
		fmt.Fprintf(t, "%s\t", f.Handler)
		for _, c := range f.Computed {
			fmt.Fprintf(t, "%.0f / %.0f / %.0f\t", c.Usual, c.UsualP99, c.Largest)
		}
		mark := ""
		if f.LeastMB == 0 || f.LeastMB > f.MemoryMB {
			mark = "  too little"
		}
		fmt.Fprintf(t, "%d\t%d\t%.0f\t%s\n", f.LeastMB, f.MemoryMB, f.TimeoutSeconds, mark)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, `
The rule: the smallest memory of which the peak takes at most half, at which a usual invocation computes for at most %.0f ms (mean; the API: %.0f ms, p99),
and the largest for at most a twentieth of the timeout. The API has its own size, the others share one.
`, usualLimit, usualLimitAPI)
	for _, rule := range r.Rule {
		fmt.Fprintf(w, "  %s: %d MB, decided by %s\n", rule.Functions, rule.MemoryMB, strings.Join(rule.DecidedBy, ", "))
	}
	return nil
}
