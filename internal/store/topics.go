package store

import (
	"context"
	"sync"
	"time"
)

// pollInterval is how often watchers are woken where a notification may be lost.
const pollInterval = time.Second

// watchers are those of one process who watch topics. The zero value has none, and
// wakes them by wake alone.
type watchers struct {
	poll   time.Duration             // how often all of them are woken too, 0 for never
	remote func(ctx context.Context) // wakes them for other processes, until ctx ends; nil for nothing

	mu      sync.Mutex
	byTopic map[string]map[chan struct{}]struct{}
	end     context.CancelFunc // of poll and listen; nil while they don't run
}

// Watch implements Topics.
func (w *watchers) Watch(topic string) (<-chan struct{}, func()) {
	woken := make(chan struct{}, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.byTopic == nil {
		w.byTopic = map[string]map[chan struct{}]struct{}{}
	}
	if w.byTopic[topic] == nil {
		w.byTopic[topic] = map[chan struct{}]struct{}{}
	}
	w.byTopic[topic][woken] = struct{}{}
	if w.poll > 0 && w.end == nil {
		ctx, end := context.WithCancel(context.Background())
		w.end = end
		go w.wakeRegularly(ctx)
		if w.remote != nil {
			go w.remote(ctx)
		}
	}
	return woken, func() { w.remove(topic, woken) }
}

func (w *watchers) remove(topic string, woken chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.byTopic[topic], woken)
	if len(w.byTopic[topic]) == 0 {
		delete(w.byTopic, topic)
	}
	if len(w.byTopic) == 0 && w.end != nil {
		w.end()
		w.end = nil
	}
}

// wake wakes those who watch a topic.
func (w *watchers) wake(topic string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for woken := range w.byTopic[topic] {
		signal(woken)
	}
}

func (w *watchers) wakeRegularly(ctx context.Context) {
	ticker := time.NewTicker(w.poll)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			w.wakeAll()
		}
	}
}

func (w *watchers) wakeAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, watching := range w.byTopic {
		for woken := range watching {
			signal(woken)
		}
	}
}

// signal wakes a watcher that is not going to look at the store anyway.
func signal(woken chan struct{}) {
	select {
	case woken <- struct{}{}:
	default:
	}
}
