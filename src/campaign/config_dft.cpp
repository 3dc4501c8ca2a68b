// The section [dft]: what is calculated, and with which settings.
#include "config_table.hpp"

namespace nacre::config {

using C = CampaignConfig;

Table<C::Dft> const& dft_table() {
  using Dft = C::Dft;
  static Table<Dft> const table{
      key("top", &Dft::top, at_least(0), "candidates", "so many of the best enter the DFT-validation queue"),
      key("codes", &Dft::codes, one_of(dft::code_words()), "", "programs that calculate; decks alone, for any of them, are made by nacre deck"),
      key("level", &Dft::level, one_of(dft::level_words()), "",
          "density functional; pbe+u adds the U values of data/hubbard_u.json, pbe+d3 dispersion"),
  };
  return table;
}

Table<dft::Settings> const& dft_settings_table() {
  using S = dft::Settings;
  static Table<S> const table{
      key("kpoint_density", &S::kpoint_density, above(0), "Å", "k-points along vector i: ceil(density / |a_i|)"),
      key("static_kpoint_density", &S::static_kpoint_density, at_least(0), "Å",
          "the same for the static calculation after a relaxation; 0: equal"),
      key("kpoint_origin", &S::kpoint_origin, one_of({"gamma", "shifted"}), "",
          "the mesh holds the Gamma point, or is shifted by half a step where it has more than one point"),
      key("ecutwfc_Ry", &S::ecutwfc_Ry, above(0), "Ry",
          "plane-wave cut-off of qe and abinit; without it 80, at r2scan 100"),
      key("ecutrho_ratio", &S::ecutrho_ratio, at_least(4), "",
          "cut-off of the density / ecutwfc_Ry; without it 4 where all pseudopotentials are known to conserve the norm, "
          "else 8"),
      key("encut_eV", &S::encut_eV, above(0), "eV", "plane-wave cut-off of vasp; without it 520, at r2scan 680"),
      key("cp2k_cutoff_Ry", &S::cp2k_cutoff_Ry, above(0), "Ry",
          "grid cut-off of cp2k; without it 600, at r2scan 800; a hard potential needs more (docs/dft.md)"),
      key("cp2k_rel_cutoff_Ry", &S::cp2k_rel_cutoff_Ry, above(0), "Ry",
          "cut-off that a Gaussian gets on its grid; without it 60, at r2scan 80"),
      key("smearing", &S::smearing, one_of({"gaussian", "fermi", "cold", "fixed"}), "",
          "occupations; without it gaussian, for cp2k fermi; fixed: insulators; cold: not vasp, not cp2k"),
      key("smearing_eV", &S::smearing_eV, above(0), "eV", "its width"),
      key("spin", &S::spin, one_of({"auto", "on", "off"}), "",
          "auto: polarised where an ion has an open d or f shell or the number of electrons is odd"),
      key("moments", &S::moments, any(), "Bohr magnetons",
          "initial moment of an element; without it that of the ion by Hund's rule"),
      key("hubbard_u_eV", &S::hubbard_u_eV, at_least(0), "eV",
          "U of an element at level pbe+u, instead of data/hubbard_u.json; 0: none"),
      key("hubbard_form", &S::hubbard_form, one_of({"auto", "namelist", "card"}), "",
          "how qe is told U: namelist up to 7.0, card from 7.1; auto: namelist"),
      key("dispersion", &S::dispersion, one_of({"d3bj", "d3zero"}), "", "damping at level pbe+d3"),
      key("scf_threshold_eV", &S::scf_threshold_eV, above(0), "eV", "convergence of the energy per atom"),
      key("max_scf_steps", &S::max_scf_steps, at_least(1), "", "steps after which a self-consistent cycle has failed"),
      key("mixing", &S::mixing, inside(0, 1), "", "share of the new density, qe and cp2k"),
      key("force_threshold", &S::force_threshold, above(0), "eV/Å", "a relaxation ends when no force is larger"),
      key("max_ionic_steps", &S::max_ionic_steps, at_least(1), "", "steps after which a relaxation has failed"),
      key("stop_fraction", &S::stop_fraction, inside(0, 1), "",
          "share of the wall-time limit after which a code stops itself, so that it can go on later"),
      key("neb_images", &S::neb_images, at_least(1), "", "images of an elastic band between its ends"),
      key("pseudo_dir", &S::pseudo_dir, any(), "",
          "folder with one pseudopotential per element (Ti.upf, Ti.pbe-q12.gth); without it $NACRE_PSEUDO_DIR"),
      key("pseudopotentials", &S::pseudopotentials, any(), "",
          "of an element: file in pseudo_dir (qe, abinit), POTCAR label (vasp), name in GTH_POTENTIALS (cp2k)"),
      key("basis_sets", &S::basis_sets, any(), "", "of an element, cp2k; without it DZVP-MOLOPT-SR-GTH"),
      key("templates", &S::templates, any(), "",
          "of a code: file that its input is filled into, at the places {{name}} (docs/dft.md)"),
      key("programs", &S::programs, any(), "", "of a code: executable; without it pw.x, vasp_std, cp2k.psmp, abinit"),
      key("extra", &S::extra, any(), "",
          "of a code: lines key = value that are added to its input or replace what it has; SYSTEM.key for qe"),
  };
  return table;
}

}  // namespace nacre::config
