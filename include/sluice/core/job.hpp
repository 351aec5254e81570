#pragma once

#include <cstddef>

namespace sluice::inline v0 {

/// Something a driver runs once: an operation that finished, a task that is ready, a message from
/// another thread. Intrusive: it lies in its owner's memory, and is in one queue at a time.
struct job {
  job* next;                   // set by the queue
  void (*run)(job&) noexcept;  // set before it is queued
  job() noexcept {}
};

/// A job that, where `run` is null, resumes the coroutine at this address. The driver does so itself:
/// it is what becomes of nearly every operation.
struct resumption : job {
  void* waiter = nullptr;
};

/// First in, first out; one thread.
class job_queue {
 public:
  bool empty() const noexcept { return head_ == nullptr; }
  job* front() const noexcept { return head_; }

  void push(job& j) noexcept {
    j.next = nullptr;
    *tail_ = &j;
    tail_ = &j.next;
  }

  void push_front(job& j) noexcept {
    j.next = head_;
    if (head_ == nullptr) tail_ = &j.next;
    head_ = &j;
  }

  job* pop() noexcept {
    job* j = head_;
    if (j != nullptr) {
      head_ = j->next;
      if (head_ == nullptr) tail_ = &head_;
    }
    return j;
  }

  /// Takes everything: a list, linked by `next`.
  job* pop_all() noexcept {
    job* all = head_;
    head_ = nullptr;
    tail_ = &head_;
    return all;
  }

  /// Takes everything out of `other` and puts it behind what is here.
  void append(job_queue& other) noexcept {
    if (other.empty()) return;
    *tail_ = other.head_;
    tail_ = other.tail_;
    other.head_ = nullptr;
    other.tail_ = &other.head_;
  }

  /// Takes one job out of the middle; false when it is not here.
  bool remove(job& wanted) noexcept {
    for (job** at = &head_; *at != nullptr; at = &(*at)->next) {
      if (*at != &wanted) continue;
      *at = wanted.next;
      if (tail_ == &wanted.next) tail_ = at;
      return true;
    }
    return false;
  }

  job_queue() = default;
  job_queue(const job_queue&) = delete;
  job_queue& operator=(const job_queue&) = delete;

 private:
  job* head_ = nullptr;
  job** tail_ = &head_;
};

}  // namespace sluice::inline v0
