package web

import (
	"net/http"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/daemon"
)

// metrics are what GET /metrics shows. Labels are names of the project and words of
// closed lists.
type metrics struct {
	registry *prometheus.Registry
	runs     *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	rows     *prometheus.CounterVec
	unnamed  *prometheus.CounterVec
	requests *prometheus.CounterVec
	ended    *prometheus.GaugeVec
	alerts   *prometheus.CounterVec
	reloads  *prometheus.CounterVec
}

func newMetrics(o Options) *metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	m := &metrics{
		registry: prometheus.NewRegistry(),
		runs:     counter("kith_runs_total", "Firings that ended, by task and status; those that somebody asked for and one run served are one.", "task", "status"),
		rows:     counter("kith_rows_total", "Rows, by sync and fate.", "sync", "fate"),
		unnamed:  counter("kith_rejected_remote_total", "Rows that the vendor refused and did not name, by sync; among the delivered or unknown of kith_rows_total.", "sync"),
		requests: counter("kith_requests_total", "Calls of the destination, by sync.", "sync"),
		alerts:   counter("kith_alerts_total", "Messages to people, by task and whether all of them arrived.", "task", "status"),
		reloads:  counter("kith_reloads_total", "How often the project was read again, by outcome.", "status"),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "kith_run_seconds", Help: "How long runs took, by task.", Buckets: []float64{1, 3, 10, 30, 100, 300, 1000, 3000, 10000},
		}, []string{"task"}),
		ended: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "kith_last_success_timestamp_seconds", Help: "When a run of the task last ended well, by the daemon's clock; not before it served.",
		}, []string{"task"}),
	}
	gauge := func(name, help string, value func(daemon.Health) bool) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 {
			if value(o.Daemon.Health()) {
				return 1
			}
			return 0
		})
	}
	m.registry.MustRegister(
		m.runs, m.rows, m.unnamed, m.requests, m.alerts, m.reloads, m.seconds, m.ended,
		gauge("kith_project_valid", "1 when the project on disk is the one in use.", func(h daemon.Health) bool { return h.Invalid == nil && h.Postponed == nil && !h.Stopped }),
		gauge("kith_ledger_reachable", "1 when the ledger can be read.", func(h daemon.Health) bool { return h.Away == nil && !h.Stopped }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "kith_running", Help: "Tasks that are being served."}, func() float64 { return float64(o.Daemon.Health().Running) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "kith_build_info", Help: "The version of kith.", ConstLabels: prometheus.Labels{"version": o.Version}}, func() float64 { return 1 }),
		dueCollector{o.Daemon},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4})
}

func (m *metrics) observe(e daemon.Event) {
	switch e.Kind {
	case "reload":
		m.reloads.WithLabelValues(e.Status).Inc()
		return
	case "alert":
		m.alerts.WithLabelValues(e.Task, e.Status).Inc()
		return
	}
	m.runs.WithLabelValues(e.Task, e.Status).Inc()
	if e.Took > 0 {
		m.seconds.WithLabelValues(e.Task).Observe(e.Took.Seconds())
	}
	if e.Status == "succeeded" || e.Status == "partial" {
		m.ended.WithLabelValues(e.Task).Set(float64(e.At.Unix()))
	}
	if e.Report == nil {
		return
	}
	sync := strings.TrimPrefix(e.Task, "sync ")
	r := e.Report
	m.requests.WithLabelValues(sync).Add(float64(r.Requests))
	m.unnamed.WithLabelValues(sync).Add(float64(r.Remote))
	for fate, n := range map[cdp.Fate]uint64{
		cdp.Delivered: r.Delivered, cdp.Rejected: r.Rejected, cdp.Held: r.Held, cdp.Deferred: r.Deferred,
		cdp.Pending: r.Pending, cdp.Unknown: r.Unknown, cdp.Skipped: r.Skipped, cdp.Expired: r.Expired,
	} {
		m.rows.WithLabelValues(sync, string(fate)).Add(float64(n))
	}
}

// dueCollector shows what the daemon knows of its tasks at the moment of asking.
type dueCollector struct{ d *daemon.Daemon }

var (
	dueDesc    = prometheus.NewDesc("kith_next_due_timestamp_seconds", "When the task is due next.", []string{"task"}, nil)
	pausedDesc = prometheus.NewDesc("kith_paused", "1 for a task that is paused.", []string{"task"}, nil)
)

// Describe implements prometheus.Collector.
func (c dueCollector) Describe(ch chan<- *prometheus.Desc) { ch <- dueDesc; ch <- pausedDesc }

// Collect implements prometheus.Collector.
func (c dueCollector) Collect(ch chan<- prometheus.Metric) {
	for _, t := range c.d.Tasks() {
		if !t.Next.IsZero() {
			ch <- prometheus.MustNewConstMetric(dueDesc, prometheus.GaugeValue, float64(t.Next.Unix()), t.Name)
		}
		paused := 0.0
		if t.Paused {
			paused = 1
		}
		ch <- prometheus.MustNewConstMetric(pausedDesc, prometheus.GaugeValue, paused, t.Name)
	}
}
