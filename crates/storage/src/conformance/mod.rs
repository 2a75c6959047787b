//! What every place for the graph must do: one suite, which each one's tests
//! run by [`graph_conformance_tests!`](crate::graph_conformance_tests), through
//! an adapter that implements [`GraphStore`].
//!
//! A test gets a place of its own, with the project's schema and nothing in it.

// A check that panics is a test that fails.
#![allow(clippy::missing_panics_doc, clippy::unwrap_used, clippy::wildcard_imports)]

mod documents;
mod hostile;
mod meaning;
mod runs;
mod sample;
mod store;
mod vanished;

pub use documents::*;
pub use hostile::*;
pub use meaning::*;
pub use runs::*;
pub use sample::any_documents;
pub use store::{GraphStore, Relation, StoredElement, StoredLikeness, StoredRelationship, same_value};
pub use vanished::*;

/// Makes one test of each check. `$make` is an expression of type
/// `async fn() -> impl GraphStore`.
#[macro_export]
macro_rules! graph_conformance_tests {
    ($make:expr) => {
        $crate::graph_conformance_tests! { @each $make;
            storing_twice_leaves_one_graph_with_the_same_element_ids
            a_shorter_version_leaves_nothing_of_the_longer_one
            the_structural_view_says_as_much_as_the_document_counts
            a_link_is_an_edge_once_both_ends_are_stored_whichever_comes_first
            the_same_link_twice_in_an_element_is_one_relationship
            what_is_remembered_of_a_document_tells_whether_it_changed
            a_skipped_document_is_remembered_without_a_graph
            a_document_is_as_near_as_the_shortest_way_to_it
            of_two_documents_of_one_name_the_later_one_counts
            only_what_a_run_has_handled_is_seen
            a_forgotten_document_leaves_nothing_behind
            targets_of_links_are_open_until_the_run_has_seen_them
            the_dependencies_of_a_document_are_those_it_was_stored_with_last
            a_graph_is_taken_over_for_another_document_with_the_same_content
            what_a_run_did_not_find_has_vanished_and_leaves_a_tombstone
            a_page_of_vanished_documents_ends_where_the_next_begins
            what_was_given_up_or_could_not_be_listed_has_not_vanished
            what_only_links_lead_to_stays_while_links_are_lost
            an_alert_is_raised_once
            vectors_come_back_in_order_page_by_page
            a_document_that_is_stored_anew_has_its_new_vectors_only
            documents_are_due_until_their_relationships_are_found
            what_led_to_a_changed_or_removed_document_is_due
            an_element_keeps_the_best_of_what_it_is_offered
            what_was_embedded_and_related_adds_up_over_workers
            the_outline_shows_the_tree_indented
            nul_characters_are_no_obstacle
            text_of_any_kind_comes_back_as_it_was
            long_texts_names_and_targets_are_stored
            attributes_of_any_kind_come_back_as_they_were
            an_unfinished_run_is_resumed_and_a_finished_one_is_followed_by_the_next_generation
            a_listing_goes_on_where_its_cursor_stands
            what_a_listing_could_not_read_is_told
            counters_add_up_over_workers
        }
    };
    (@each $make:expr; $($name:ident)+) => {
        $(
            #[tokio::test]
            async fn $name() {
                $crate::conformance::$name($make).await;
            }
        )+
    };
}
