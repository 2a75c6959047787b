//! A fleet of candidates, a database and a network, all made up, in every order that chance finds.

use super::*;
use crate::LeaseName;
use proptest::prelude::*;

const CANDIDATES: usize = 3;
const TERMS: LeaseTerms = LeaseTerms {
    ttl: Duration::from_millis(6_000),
    renew_interval: Duration::from_millis(2_000),
    margin: Duration::from_millis(1_000),
};
const SPREAD: Duration = Duration::from_millis(300);

/// One thing that happens to one candidate, some time after the last one. A
/// candidate to which nothing happens is frozen.
#[derive(Debug, Clone, Copy)]
enum Event {
    /// It goes on: takes a step, or hears the answer to its attempt.
    GoesOn,
    /// Its attempt reaches the database.
    Arrives,
    /// It gives its attempt up. Where that did not arrive, it may still do so.
    GivesUp,
    /// An attempt that was given up arrives.
    ArrivesLate,
    /// It hears the last notice.
    Hears,
    /// It gives its lease back.
    Resigns,
}

#[derive(Debug, Clone, Copy)]
enum Answer {
    Won(Epoch),
    Held(Epoch, Duration),
    Renewed(bool),
}

#[derive(Debug, Clone, Copy)]
struct Attempt {
    renews: Option<Epoch>,
    started: Instant,
    answer: Option<Answer>,
}

struct Fleet {
    candidates: Vec<(Candidate, Option<Attempt>)>,
    now: Instant,
    lease: (Epoch, Option<usize>, Instant),
    notice: Option<LeaseNotice>,
    late: Vec<(usize, Option<Epoch>)>,
}

impl Fleet {
    fn new() -> Self {
        let now = Instant::now();
        let candidates = vec![(Candidate::new(TERMS, now), None); CANDIDATES];
        Self { candidates, now, lease: (Epoch(0), None, now), notice: None, late: Vec::new() }
    }

    fn happens(&mut self, number: usize, event: Event) {
        match event {
            Event::GoesOn => self.goes_on(number),
            Event::Arrives => {
                if let Some(Attempt { renews, answer: None, .. }) = self.candidates[number].1 {
                    let answer = self.database(number, renews);
                    self.candidates[number].1.as_mut().unwrap().answer = Some(answer);
                }
            }
            Event::GivesUp => {
                let (candidate, attempt) = &mut self.candidates[number];
                if let Some(attempt) = attempt.take() {
                    candidate.failed(self.now, SPREAD);
                    if attempt.answer.is_none() {
                        self.late.push((number, attempt.renews));
                    }
                }
            }
            Event::ArrivesLate => {
                if let Some((number, renews)) = self.late.pop() {
                    self.database(number, renews);
                }
            }
            Event::Hears => {
                if let Some(notice) = &self.notice {
                    self.candidates[number].0.heard(notice, self.now, SPREAD);
                }
            }
            Event::Resigns => {
                let (epoch, holder, _) = self.lease;
                if holder == Some(number) && self.candidates[number].0.trusted_until().is_some() {
                    self.candidates[number].0.refused(self.now, SPREAD);
                    self.lease = (epoch, holder, self.now);
                    self.notify(LeaseEvent::Resigned);
                }
            }
        }
    }

    fn goes_on(&mut self, number: usize) {
        let now = self.now;
        let (candidate, attempt) = &mut self.candidates[number];
        if let Some(Attempt { started, answer, .. }) = *attempt {
            match answer {
                None => return,
                Some(Answer::Won(epoch)) => candidate.won(started, epoch),
                Some(Answer::Held(epoch, rest)) => candidate.held(now, epoch, rest, SPREAD),
                Some(Answer::Renewed(true)) => candidate.renewed(started),
                Some(Answer::Renewed(false)) => candidate.refused(now, SPREAD),
            }
            *attempt = None;
        }
        let step = match candidate.step(now, SPREAD) {
            Step::Untrusted => candidate.step(now, SPREAD),
            step => step,
        };
        match step {
            Step::Campaign(_) => *attempt = Some(Attempt { renews: None, started: now, answer: None }),
            Step::Renew(epoch, limit) => {
                assert!(limit > Duration::ZERO, "an attempt without time");
                *attempt = Some(Attempt { renews: Some(epoch), started: now, answer: None });
            }
            Step::Wait(until) => {
                assert!(until > now, "a wait that is over");
                assert!(until <= now + TERMS.ttl + SPREAD, "a wait beyond the end of any lease");
            }
            Step::Untrusted => panic!("stepped down twice"),
        }
    }

    /// What `campaign.sql` and `renew.sql` do.
    fn database(&mut self, number: usize, renews: Option<Epoch>) -> Answer {
        let (epoch, holder, ends) = self.lease;
        let lives = ends > self.now;
        let (answer, epoch, event) = match renews {
            Some(renewed) if lives && holder == Some(number) && renewed == epoch => {
                (Answer::Renewed(true), epoch, LeaseEvent::Renewed)
            }
            Some(_) => return Answer::Renewed(false),
            None if lives => return Answer::Held(epoch, ends - self.now),
            None => {
                let next = Epoch(epoch.0 + 1);
                (Answer::Won(next), next, LeaseEvent::Acquired)
            }
        };
        self.lease = (epoch, Some(number), self.now + TERMS.ttl);
        self.notify(event);
        answer
    }

    fn notify(&mut self, event: LeaseEvent) {
        let name = LeaseName::new("leader").unwrap();
        self.notice = Some(LeaseNotice { name, event, holder: String::new(), epoch: self.lease.0 });
    }

    /// Those whose `Leadership::is_trusted` would say yes.
    fn trusted(&self) -> Vec<usize> {
        let is_trusted =
            |number: &usize| self.candidates[*number].0.trusted_until().is_some_and(|until| self.now < until);
        (0..CANDIDATES).filter(is_trusted).collect()
    }

    fn check(&self) {
        let trusted = self.trusted();
        assert!(trusted.len() <= 1, "{trusted:?} believe that they lead");
        for number in trusted {
            assert_eq!(self.lease.1, Some(number), "trusted without the lease");
            assert!(self.lease.2 >= self.now + TERMS.margin, "trusted beyond the margin");
        }
    }

    /// Time goes by, and nothing goes wrong. Notices arrive or not.
    fn all_is_well(&mut self, time: Duration, notices: bool) {
        let end = self.now + time;
        while self.now < end {
            for number in 0..CANDIDATES {
                let before = self.notice.clone();
                self.happens(number, Event::GoesOn);
                self.happens(number, Event::Arrives);
                self.happens(number, Event::GoesOn);
                if notices && self.notice != before {
                    (0..CANDIDATES).for_each(|listener| self.happens(listener, Event::Hears));
                }
            }
            self.check();
            self.now += Duration::from_millis(100);
        }
    }
}

fn any_event() -> impl Strategy<Value = (u64, usize, Event)> {
    let event = prop_oneof![
        8 => Just(Event::GoesOn),
        6 => Just(Event::Arrives),
        1 => Just(Event::GivesUp),
        1 => Just(Event::ArrivesLate),
        2 => Just(Event::Hears),
        1 => Just(Event::Resigns),
    ];
    // Mostly shortly after one another, at times as late as a lease lives.
    let pause = prop_oneof![6 => 0_u64..300, 2 => 0_u64..2_500, 1 => 0_u64..8_000];
    (pause, 0..CANDIDATES, event)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn never_do_two_believe_that_they_lead_and_soon_one_does(
        events in prop::collection::vec(any_event(), 1..150),
        notices: bool,
    ) {
        let mut fleet = Fleet::new();
        for (pause, number, event) in events {
            fleet.now += Duration::from_millis(pause);
            fleet.check();
            fleet.happens(number, event);
            fleet.check();
        }
        fleet.all_is_well(TERMS.ttl + Duration::from_secs(2), notices);
        prop_assert_eq!(fleet.trusted().len(), 1);
    }
}
