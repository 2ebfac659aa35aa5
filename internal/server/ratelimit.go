package server

import (
	"time"

	"github.com/jellydator/ttlcache/v3"
	"golang.org/x/time/rate"
)

// maxRateLimiters bounds the number of callers whose limiters are kept.
const maxRateLimiters = 10_000

// rateLimiters limit the requests of each caller, so that one caller can't take the
// capacity of the others.
type rateLimiters struct {
	limit    rate.Limit
	burst    int
	refill   time.Duration // an unused limiter has its complete burst again after this time
	byCaller *ttlcache.Cache[string, *rate.Limiter]
}

// newRateLimiters returns limiters of perSecond requests a second; 0 means no limit.
func newRateLimiters(perSecond float64, burst int) *rateLimiters {
	if perSecond == 0 {
		return nil
	}
	refill := time.Duration(float64(burst) / perSecond * float64(time.Second))
	return &rateLimiters{rate.Limit(perSecond), burst, refill, ttlcache.New(
		ttlcache.WithCapacity[string, *rate.Limiter](maxRateLimiters),
		ttlcache.WithTTL[string, *rate.Limiter](max(time.Second, refill)),
	)}
}

// allow reports whether a caller may make a number of requests now, and if not,
// after which wait. More than the burst are never allowed.
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
