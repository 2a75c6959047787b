//! The screen, as it is drawn, and what keys do to it.

use super::app::{App, Order, Wish};
use super::screen::draw;
use crate::render::sample::overview;
use crate::viewer::LookError;
use gdg_operations::DatabaseError;
use gdg_operations::control::Control;
use gdg_operations::overview::{QueueState, RunState};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use std::time::Duration;

fn app() -> App {
    App::new(overview(), false, true, Duration::from_secs(2))
}

fn press(app: &mut App, key: KeyCode) -> Wish {
    app.handle(&Event::Key(KeyEvent::new(key, KeyModifiers::NONE)))
}

fn type_text(app: &mut App, text: &str) {
    for character in text.chars() {
        press(app, KeyCode::Char(character));
    }
}

fn drawn(app: &App, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(frame, app)).unwrap();
    terminal.backend().to_string()
}

fn names(app: &App) -> Vec<&str> {
    app.workers().iter().map(|worker| &worker.worker_id[..9]).collect()
}

#[test]
fn a_small_terminal_shows_everything_one_below_the_other() {
    insta::assert_snapshot!(drawn(&app(), 80, 24));
}

#[test]
fn a_large_terminal_shows_tables_side_by_side() {
    insta::assert_snapshot!(drawn(&app(), 200, 60));
}

#[test]
fn any_size_can_be_drawn() {
    for (width, height) in [(1, 1), (10, 3), (79, 12), (300, 100)] {
        drawn(&app(), width, height);
    }
}

#[test]
fn a_database_that_is_away_leaves_the_last_look_on_the_screen() {
    let mut app = app();
    app.take(Err(LookError::Database(DatabaseError::Closed)));
    let screen = drawn(&app, 80, 24);
    assert!(screen.contains("716df8bfbbb2b4e7-3") && screen.contains("trying again: "), "{screen}");
    app.take(Ok(overview()));
    assert!(!drawn(&app, 80, 24).contains("trying again"));
}

#[test]
fn a_database_without_runs_says_so() {
    let mut overview = overview();
    overview.run = None;
    let app = App::new(overview, false, true, Duration::from_secs(2));
    assert!(drawn(&app, 80, 24).contains("there are no runs yet"));
}

#[test]
fn workers_are_sorted_as_they_are_asked_to_be() {
    let mut app = app();
    assert_eq!(names(&app), ["worker-01", "worker-02", "worker-03"]);
    app.overview.run.as_mut().unwrap().workers[1].in_hand = 100;
    for (order, expected) in [
        (Order::Rate, ["worker-01", "worker-02", "worker-03"]),
        (Order::InHand, ["worker-02", "worker-01", "worker-03"]),
        (Order::Silence, ["worker-03", "worker-02", "worker-01"]),
        (Order::Name, ["worker-01", "worker-02", "worker-03"]),
    ] {
        press(&mut app, KeyCode::Char('s'));
        assert_eq!((app.order, names(&app)), (order, expected.to_vec()));
    }
}

#[test]
fn a_filter_is_typed_kept_and_cleared() {
    let mut app = app();
    press(&mut app, KeyCode::Char('/'));
    type_text(&mut app, "WORKER-02q");
    assert!(drawn(&app, 80, 24).contains("filter: WORKER-02q"));
    press(&mut app, KeyCode::Backspace);
    assert_eq!(press(&mut app, KeyCode::Enter), Wish::Nothing);
    assert_eq!(names(&app), ["worker-02"]);
    press(&mut app, KeyCode::Esc);
    assert_eq!(names(&app).len(), 3);
}

#[test]
fn q_and_ctrl_c_quit() {
    let mut app = app();
    assert_eq!(press(&mut app, KeyCode::Char('q')), Wish::Quit);
    let interrupt = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    assert_eq!(app.handle(&Event::Key(interrupt)), Wish::Quit);
    assert_eq!(app.handle(&Event::Resize(10, 10)), Wish::Nothing);
}

#[test]
fn a_run_is_paused_and_resumed_only_where_that_makes_sense() {
    let mut app = app();
    assert_eq!(press(&mut app, KeyCode::Char('r')), Wish::Nothing);
    assert!(drawn(&app, 80, 24).contains("the run is not paused"));
    assert_eq!(press(&mut app, KeyCode::Char('p')), Wish::Control(Control::Pause));
    app.overview.run.as_mut().unwrap().summary.queue_state = QueueState::Paused;
    assert_eq!(press(&mut app, KeyCode::Char('p')), Wish::Nothing);
    assert_eq!(press(&mut app, KeyCode::Char('r')), Wish::Control(Control::Resume));
    app.overview.run.as_mut().unwrap().summary.state = RunState::Completed;
    assert_eq!(press(&mut app, KeyCode::Char('r')), Wish::Nothing);
    let mut single = App::new(overview(), false, false, Duration::from_secs(2));
    assert_eq!(press(&mut single, KeyCode::Char('p')), Wish::Nothing);
}

#[test]
fn workers_that_do_not_fit_are_scrolled_to() {
    let mut app = app();
    let run = app.overview.run.as_mut().unwrap();
    for number in 10..60 {
        let name = format!("worker-{number}");
        run.workers.push(gdg_operations::overview::Worker { worker_id: name, ..run.workers[0].clone() });
    }
    assert!(drawn(&app, 80, 24).contains("more below"));
    for _ in 0..100 {
        press(&mut app, KeyCode::Down);
    }
    let screen = drawn(&app, 80, 24);
    assert!(screen.contains("worker-59") && !screen.contains("more below"), "{screen}");
    press(&mut app, KeyCode::Home);
    assert!(drawn(&app, 80, 24).contains("worker-01"));
}

#[test]
fn rates_between_looks_are_remembered() {
    let mut app = app();
    let mut next = overview();
    next.taken_at.0 += 2_000;
    next.run.as_mut().unwrap().queue.ended += 50;
    app.take(Ok(next));
    assert_eq!(app.rates, [25]);
}
