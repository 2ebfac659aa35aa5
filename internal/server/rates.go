package server

import (
	"time"

	"github.com/jellydator/ttlcache/v3"
	"golang.org/x/time/rate"
)

// maxRateLimiters bounds the callers whose rates are kept.
const maxRateLimiters = 10_000

// rateLimiters bound how often each caller may come, so that one that runs wild
// leaves room for the others.
type rateLimiters struct {
	limit    rate.Limit
	burst    int
	refill   time.Duration // after so long unused, a limiter is as good as new
	byCaller *ttlcache.Cache[string, *rate.Limiter]
}

// newRateLimiters returns limits of so many requests a second; 0 is no limit.
func newRateLimiters(perSecond float64, burst int) *rateLimiters {
	if perSecond == 0 {
		return nil
	}
	full := time.Duration(float64(burst) / perSecond * float64(time.Second))
	return &rateLimiters{rate.Limit(perSecond), burst, full, ttlcache.New(
		ttlcache.WithCapacity[string, *rate.Limiter](maxRateLimiters),
		ttlcache.WithTTL[string, *rate.Limiter](max(time.Second, full)),
	)}
}

// allow reports whether a caller may make so many requests now, and if not, in
// how long. More than the burst never are.
func (l *rateLimiters) allow(caller string, requests int) (wait time.Duration, ok bool) {
	if l == nil {
		return 0, true
	}
	kept, _ := l.byCaller.GetOrSetFunc(caller, func() *rate.Limiter { return rate.NewLimiter(l.limit, l.burst) })
	reservation := kept.Value().ReserveN(time.Now(), requests)
	if !reservation.OK() {
		return l.refill, false
	}
	if wait = reservation.Delay(); wait > 0 {
		reservation.Cancel()
		return wait, false
	}
	return 0, true
}
